import { randomUUID } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DEFAULT_ORGANISATION_ID } from '@muster/contracts';
import { Database } from '@muster/database';
import { Log, Periodic } from '@muster/service-kit';
import type { EntityManager } from 'typeorm';
import { AuditLogsConfig } from '../config';
import { entriesFrom } from '../verify/verify.queries';
import { AddressRules } from './address-rules';
import { advance, fail, type Held, hold, organisationsToForward, release } from './forwarding.queries';
import { deliver } from './syslog-delivery';
import { syslogFrame, syslogMessage } from './syslog-message';

/** Organisations that one instance forwards for at the same time. */
const AT_ONCE = 8;

/**
 * Hands entries to the organisations' log servers, in order and at least once: the position moves when a connection was
 * closed by both sides, and whatever happens before sends the same entries again. One instance works for an organisation
 * at a time, by a lease in its row.
 */
@Injectable()
export class Forwarder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly holder = randomUUID();
  /** For the operator's organisation, and for all others. */
  private readonly rules: Record<'own' | 'others', AddressRules>;
  private readonly looking: Periodic;
  private readonly log: Log;
  private readonly stopping = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly config: AuditLogsConfig,
    log: Log,
  ) {
    this.log = log.child({ part: 'forwarding' });
    const { FORWARD_LOOPBACK, FORWARD_PRIVATE_NETWORKS, FORWARD_DENY: deny } = config;
    const rulesWith = (inside: boolean): AddressRules =>
      new AddressRules({ loopback: inside && FORWARD_LOOPBACK, private: inside, deny });
    this.rules = { own: rulesWith(true), others: rulesWith(FORWARD_PRIVATE_NETWORKS) };
    this.looking = new Periodic(
      config.FORWARD_SECONDS * 1000,
      () => this.look(),
      (error) => this.log.warn({ err: error }, 'Forwarding cannot look for work now; it tries again.'),
    );
  }

  onApplicationBootstrap(): void {
    this.looking.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.looking.stop();
  }

  private async look(): Promise<void> {
    const waiting = await this.database.across('audit entries to forward', (manager) =>
      organisationsToForward(manager, this.holder),
    );
    const next = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined && !this.stopping.signal.aborted; id = waiting.shift())
        await this.forward(id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  /** Never rejects: a look ends when all of its work has, so that no two are at once. */
  private async forward(organisationId: string): Promise<void> {
    try {
      await this.forwardAll(organisationId);
    } catch (error) {
      this.log.warn(
        { err: error, organisationId },
        'Audit entries cannot be forwarded now; the next look tries again.',
      );
    }
  }

  /** Everything that waits of one organisation, batch after batch, unless something goes wrong. */
  private async forwardAll(organisationId: string): Promise<void> {
    const { FORWARD_TIMEOUT_SECONDS } = this.config;
    const inOwn = <T>(work: (manager: EntityManager) => Promise<T>): Promise<T> =>
      this.database.inOrganisation(organisationId, work);
    let held: Held | undefined;
    try {
      for (let more = true; more && !this.stopping.signal.aborted;) {
        // Connecting, sending and closing have that time each; the lease outlasts them all.
        held = await inOwn((manager) => hold(manager, organisationId, this.holder, 4 * FORWARD_TIMEOUT_SECONDS + 30));
        more = held !== undefined && (await this.sendBatch(held));
      }
    } finally {
      const last = held;
      if (last) await inOwn((manager) => release(manager, last, this.holder));
    }
  }

  private async sendBatch(held: Held): Promise<boolean> {
    const { organisationId, host, port, anchors, forwardedTo } = held;
    const { FORWARD_BATCH, FORWARD_TIMEOUT_SECONDS, FORWARD_PAUSE_SECONDS } = this.config;
    const inOwn = <T>(work: (manager: EntityManager) => Promise<T>): Promise<T> =>
      this.database.inOrganisation(organisationId, work);
    const entries = await inOwn((manager) => entriesFrom(manager, organisationId, forwardedTo + 1, FORWARD_BATCH));
    const last = entries.at(-1);
    if (!last) return false;
    const source = {
      organisationId,
      hostName: this.config.ITSM_DOMAIN,
      enterpriseNumber: this.config.FORWARD_ENTERPRISE_NUMBER,
    };
    const frames = entries.map((entry) => syslogFrame(syslogMessage(entry, source)));
    const receiver = { host, port, ...(anchors === null ? {} : { anchors }) };
    try {
      const rules = organisationId === DEFAULT_ORGANISATION_ID ? this.rules.own : this.rules.others;
      const { signal } = this.stopping;
      await deliver(frames, receiver, { rules, timeoutMs: FORWARD_TIMEOUT_SECONDS * 1000, signal });
    } catch (error) {
      // No fault of the receiver: another instance goes on with the same entries.
      if (this.stopping.signal.aborted) return false;
      const problem = error instanceof Error ? error.message : String(error);
      this.log.warn({ organisationId, problem }, 'Audit entries wait: the log server does not take them.');
      await inOwn((manager) => fail(manager, held, this.holder, problem, FORWARD_PAUSE_SECONDS));
      return false;
    }
    const advanced = await inOwn((manager) => advance(manager, held, this.holder, last.number));
    return advanced && entries.length === FORWARD_BATCH;
  }
}
