import { type X509Certificate } from 'node:crypto';
import { type Endpoint, type EndpointFunction, EndpointMap, InvalidInput, parse, Signed } from '@muster/contracts';
import { readFileIfThere, replaceFile } from '../state/files';
import { readCertificates } from './certificates';
import { signatureFault } from './signed';

export type MapVerdict = 'taken' | 'not-newer' | 'not-delegated' | 'bad-signature' | 'malformed';

/**
 * The roots that this device believes and the newest endpoint map under them. The first roots come with the
 * configuration file; from then on only a signed map with a higher version replaces them, so that a new root is
 * introduced by the old one and an old root ends when a map leaves it out.
 */
export class TrustStore {
  private pinned: X509Certificate[];
  private current?: EndpointMap;

  constructor(
    private readonly path: string,
    firstAnchors: readonly string[],
  ) {
    this.pinned = firstAnchors.flatMap(readCertificates);
    const kept = readFileIfThere(path);
    if (kept !== undefined) this.use(parse(EndpointMap, JSON.parse(kept), { unknown: 'drop' }));
  }

  get anchors(): readonly X509Certificate[] {
    return this.pinned;
  }

  get anchorsPem(): string[] {
    return this.pinned.map((anchor) => anchor.toString());
  }

  get map(): EndpointMap | undefined {
    return this.current;
  }

  /** Where a function is served, in the order in which to try. */
  endpoints(name: EndpointFunction): Endpoint[] {
    const found = this.current?.endpoints.filter((endpoint) => endpoint.function === name) ?? [];
    return found.sort((left, right) => left.priority - right.priority);
  }

  /** @param at the server's time, milliseconds since 1970 */
  offer(signed: Signed, at: number): MapVerdict {
    const fault = signatureFault(signed, 'endpoint-map', this.pinned, at);
    if (fault) return fault;
    let map: EndpointMap;
    try {
      map = parse(EndpointMap, JSON.parse(signed.payload), { unknown: 'drop' });
      map.anchors.flatMap(readCertificates);
    } catch (error) {
      if (error instanceof InvalidInput || error instanceof Error) return 'malformed';
      throw error;
    }
    if (this.current && map.version <= this.current.version) return 'not-newer';
    replaceFile(this.path, JSON.stringify(map));
    this.use(map);
    return 'taken';
  }

  private use(map: EndpointMap): void {
    this.pinned = map.anchors.flatMap(readCertificates);
    this.current = map;
  }
}
