import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import {
  type Endpoint,
  type EndpointFunction,
  EndpointMap,
  InvalidInput,
  parse,
  type ServerTrust,
  Signed,
} from '@muster/contracts';
import type { Anchors } from '../net/dialler';
import { readFileIfThere, replaceFile } from '../state/files';
import { readCertificates } from './certificates';
import { signatureFault } from './signed';

export type MapVerdict = 'taken' | 'not-newer' | 'not-delegated' | 'bad-signature' | 'malformed' | 'too-old';

/**
 * The roots that this device believes and the newest endpoint map under them. The first roots come with the
 * configuration file; from then on only a signed map with a higher version replaces them, so that a new root is
 * introduced by the old one and an old root ends when a map leaves it out. Roots of other CAs, and public ones, count for
 * servers alone and only while the same map, or that file before there is one, says so.
 */
export class TrustStore implements Anchors {
  private pinned: Pinned;
  private current?: EndpointMap;

  constructor(
    private readonly path: string,
    first: ServerTrust,
    /** The public roots, where they count. */
    private readonly publicRoots: () => readonly X509Certificate[] = rootsOfNode,
  ) {
    this.pinned = this.pinnedBy(first);
    const kept = readFileIfThere(path);
    if (kept !== undefined) this.use(parse(EndpointMap, JSON.parse(kept), { unknown: 'drop' }));
  }

  get anchors(): readonly X509Certificate[] {
    return this.pinned.anchors;
  }

  get serverAnchors(): readonly X509Certificate[] {
    return this.pinned.serverAnchors;
  }

  get serverAnchorsPem(): readonly string[] {
    return this.pinned.serverAnchorsPem;
  }

  get map(): EndpointMap | undefined {
    return this.current;
  }

  /** Where a function is served, in the order in which to try. */
  endpoints(name: EndpointFunction): Endpoint[] {
    const found = this.current?.endpoints.filter((endpoint) => endpoint.function === name) ?? [];
    return found.sort((left, right) => left.priority - right.priority);
  }

  /**
   * @param at the server's time, milliseconds since 1970
   * @param mostAgeMs refuses a map that was made longer ago, whose sender nobody knows
   */
  offer(signed: Signed, at: number, mostAgeMs = Number.POSITIVE_INFINITY): MapVerdict {
    const fault = signatureFault(signed, 'endpoint-map', this.anchors, at);
    if (fault) return fault;
    let map: EndpointMap;
    try {
      map = parse(EndpointMap, JSON.parse(signed.payload), { unknown: 'drop' });
      this.pinnedBy(map);
    } catch (error) {
      if (error instanceof InvalidInput || error instanceof Error) return 'malformed';
      throw error;
    }
    if (at - Date.parse(map.issuedAt) > mostAgeMs) return 'too-old';
    if (this.current && map.version <= this.current.version) return 'not-newer';
    replaceFile(this.path, JSON.stringify(map));
    this.use(map);
    return 'taken';
  }

  private use(map: EndpointMap): void {
    this.pinned = this.pinnedBy(map);
    this.current = map;
  }

  /** @throws Error when something of it is no certificate */
  private pinnedBy({ anchors: own, serverAnchors: others = [], publicServers = false }: ServerTrust): Pinned {
    const anchors = own.flatMap(readCertificates);
    const serverAnchors = [
      ...anchors,
      ...others.flatMap(readCertificates),
      ...(publicServers ? this.publicRoots() : []),
    ];
    return { anchors, serverAnchors, serverAnchorsPem: serverAnchors.map((anchor) => anchor.toString()) };
  }
}

interface Pinned {
  anchors: X509Certificate[];
  serverAnchors: X509Certificate[];
  serverAnchorsPem: string[];
}

let read: X509Certificate[] | undefined;
/** The public roots that this Node.js brings along, which are Mozilla's; whatever the device's system trusts. */
const rootsOfNode = (): readonly X509Certificate[] =>
  (read ??= rootCertificates.map((pem) => new X509Certificate(pem)));
