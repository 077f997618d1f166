import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { type AuditHeadPayload, signAuditHead } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log, Periodic } from '@muster/service-kit';
import { Chain } from '../chain/chain.service';
import { AuditLogsConfig } from '../config';
import { storeHead } from './head.queries';

interface UnsignedChain {
  organisation_id: string;
  number: string;
  hash: string;
}

/** How often chains are looked at for heads that are due; a head is due after HEAD_SECONDS or HEAD_ENTRIES. */
const LOOK_MS = 1000;

/**
 * Has the ends of growing chains signed by the key manager. Any instance may: two heads of one end say the same, and one
 * is stored. While nothing can be signed, entries are written all the same; health and metrics tell.
 */
@Injectable()
export class Heads implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly signing: Periodic;
  private readonly log: Log;
  /** Something was appended here since the last look, or might have been elsewhere. */
  private stirred = true;
  private quietLooks = 0;
  private failing = false;

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly config: AuditLogsConfig,
    chain: Chain,
    log: Log,
  ) {
    this.log = log.child({ part: 'heads' });
    chain.onAppended(() => (this.stirred = true));
    this.signing = new Periodic(
      LOOK_MS,
      () => this.look(),
      (error) => this.failed(error),
    );
  }

  onApplicationBootstrap(): void {
    this.signing.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.signing.stop();
  }

  /** Signs the ends of all chains whose head is due. @returns how many were signed */
  async signDue(everySeconds = this.config.HEAD_SECONDS, everyEntries = this.config.HEAD_ENTRIES): Promise<number> {
    const due: UnsignedChain[] = await this.database.across('audit chains without a head', (manager) =>
      manager.query(
        `SELECT organisation_id, last_number::text AS number, encode(last_hash, 'hex') AS hash FROM audit.chains
          WHERE last_number > signed_number
            AND (last_number - signed_number >= $2 OR unsigned_since <= now() - make_interval(secs => $1))`,
        [everySeconds, everyEntries],
      ),
    );
    for (const chain of due) await this.sign(chain);
    return due.length;
  }

  private async sign({ organisation_id: organisationId, number: end, hash }: UnsignedChain): Promise<void> {
    const number = Number(end);
    const head: AuditHeadPayload = {
      purpose: 'audit-head',
      organisationId,
      number,
      hash,
      at: new Date().toISOString(),
    };
    const payload = JSON.stringify(head);
    const signed = await this.bus.request(signAuditHead, { payload });
    await this.database.inOrganisation(organisationId, (manager) =>
      storeHead(manager, organisationId, { number, payload, ...signed }),
    );
    this.log.debug({ organisationId, number }, 'The chain has a new signed head.');
  }

  /** Every second after something was appended here, else every tenth time: others may have appended. */
  private async look(): Promise<void> {
    this.quietLooks += 1;
    if (!this.stirred && this.quietLooks < 10) return;
    this.stirred = false;
    this.quietLooks = 0;
    await this.signDue();
    if (this.failing) this.log.info({}, 'Audit heads are signed again.');
    this.failing = false;
  }

  private failed(error: unknown): void {
    if (!this.failing) this.log.warn({ err: error }, 'Audit heads stay unsigned for now; it is tried again.');
    this.failing = true;
  }
}
