import { createHash, X509Certificate } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { AppError, type EndpointMap, listAnchors, otherServers, type Signed, signEndpointMap } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log } from '@muster/service-kit';
import type { EntityManager } from 'typeorm';
import { WebConfig } from '../config';
import { EndpointMapRow } from './endpoint-map.entity';
import { endpointsOf } from './endpoints';
import { MapWakeUps } from './map-wake-ups';

export interface CurrentMap {
  version: number;
  signed: Signed;
}

type Content = Omit<EndpointMap, 'version' | 'issuedAt'>;

const NAME = 'current';
const DAY = 86_400_000;
/** Signed anew after this long, so that a device never holds a map whose signing certificate has expired. */
const RENEW_AFTER = 30 * DAY;
const RENEW_BEFORE_EXPIRY = 14 * DAY;
/** Not more often than this when the signing certificate itself is what runs out. */
const RENEW_AT_MOST_EVERY = 3_600_000;

/**
 * The endpoint map in force. Made of the configuration and of whom the key manager says devices trust; whenever either
 * changes, a higher version is signed and stored, once for all processes. While the key manager is away the stored map
 * goes on being handed out.
 */
@Injectable()
export class EndpointMaps implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private known?: CurrentMap;
  private checking?: Promise<void>;
  private timer?: NodeJS.Timeout;
  private stopped = false;

  constructor(
    private readonly config: WebConfig,
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly log: Log,
    private readonly wakeUps: MapWakeUps,
  ) {}

  onApplicationBootstrap(): void {
    void this.keepChecking();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.checking;
  }

  /** @throws AppError `unavailable` while no map has ever been signed */
  async current(): Promise<CurrentMap> {
    if (!this.known) await this.check();
    if (this.known) return this.known;
    throw new AppError('unavailable', 'There is no signed endpoint map yet. Try again in a moment.', {
      retryAfterSeconds: 5,
    });
  }

  /** The map when it is newer. Work does not wait for it: without a signed one, a device keeps what it has. */
  async newerThan(heldVersion: number): Promise<Signed | undefined> {
    try {
      const { version, signed } = await this.current();
      return version > heldVersion ? signed : undefined;
    } catch (error) {
      this.log.debug({ err: error }, 'There is no endpoint map for a device.');
      return undefined;
    }
  }

  /** Looks now whether the map must be made anew. Never throws. */
  check(): Promise<void> {
    this.checking ??= this.refresh()
      .catch((error: unknown) => {
        // Without bus, database or key manager the map stays as it is; health and their own logs tell about them.
        const away = error instanceof AppError && error.code === 'unavailable';
        this.log[away ? 'debug' : 'warn']({ err: error }, 'The endpoint map could not be checked.');
      })
      .finally(() => (this.checking = undefined));
    return this.checking;
  }

  private async keepChecking(): Promise<void> {
    await this.check();
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.keepChecking(), this.config.ENDPOINT_MAP_CHECK_SECONDS * 1000);
  }

  private async refresh(): Promise<void> {
    const stored = await this.database.unscoped((manager) => manager.findOneBy(EndpointMapRow, { name: NAME }));
    if (stored) this.known = mapOf(stored);
    const trust = await this.bus.request(listAnchors, {});
    const content: Content = {
      ...{ xmppDomain: this.config.XMPP_DOMAIN, anchors: trust.anchors },
      ...otherServers(trust),
      endpoints: endpointsOf(this.config),
    };
    if (stored && !isStale(stored, content)) return;
    const made = await this.database.unscoped((manager) => this.make(manager, content));
    this.known = mapOf(made.row);
    if (made.changes) this.wakeUps.begin();
  }

  /**
   * One process makes it; the others wait for the lock and find it made.
   * @returns the map, and whether this process put another one with other content into its place
   */
  private async make(manager: EntityManager, content: Content): Promise<{ row: EndpointMapRow; changes: boolean }> {
    await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('muster endpoint map', 0))`);
    const stored = await manager.findOneBy(EndpointMapRow, { name: NAME });
    if (stored && !isStale(stored, content)) return { row: stored, changes: false };
    const madeAt = new Date();
    const version = Math.max(madeAt.getTime(), (stored?.version ?? 0) + 1);
    const map: EndpointMap = { version, issuedAt: madeAt.toISOString(), ...content };
    const payload = JSON.stringify(map);
    const { signatures, delegation } = await this.bus.request(signEndpointMap, { payload });
    const [signature] = signatures;
    if (signature === undefined) throw new Error('the key manager signed nothing');
    const digest = digestOf(content);
    const row = { name: NAME, version, digest, payload, signature, delegation, madeAt };
    await manager.upsert(EndpointMapRow, row, ['name']);
    const { anchors, serverAnchors = [], publicServers = false } = content;
    const about = { version, anchors: anchors.length, serverAnchors: serverAnchors.length, publicServers };
    this.log.info(about, 'A new endpoint map was signed.');
    return { row, changes: stored !== null && stored.digest !== digest };
  }
}

const mapOf = ({ version, payload, signature, delegation }: EndpointMapRow): CurrentMap => ({
  version,
  signed: { payload, signature, delegation },
});

const digestOf = (content: Content): string => createHash('sha256').update(JSON.stringify(content)).digest('hex');

function isStale(stored: EndpointMapRow, content: Content): boolean {
  if (stored.digest !== digestOf(content)) return true;
  const age = Date.now() - stored.madeAt.getTime();
  if (age > RENEW_AFTER) return true;
  return age > RENEW_AT_MOST_EVERY && expiryOf(stored.delegation[0]) - Date.now() < RENEW_BEFORE_EXPIRY;
}

function expiryOf(certificate: string | undefined): number {
  return certificate === undefined ? 0 : Date.parse(new X509Certificate(certificate).validTo);
}
