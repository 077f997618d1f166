import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DEFAULT_ORGANISATION_ID, enrolmentRefused, type EnrolmentRefused, type ErrorCode } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { Log, Periodic } from '@muster/service-kit';
import { KeyManagerConfig } from '../key-manager.config';
import { networkOf } from '../limits/network-address';

/** Who was refused, and why. Without a registration key: it showed none that is known. */
export interface RefusedEnrolment {
  address: string;
  reason: ErrorCode;
  registrationKey?: { id: string; organisationId: string };
}
/** In place of an address, for what a round has no room for. */
const SEVERAL = 'several';

/**
 * Facts about refused enrolments, which anybody can cause without a credential: counted here, and told together every
 * REFUSED_ENROLMENTS_SECONDS, once for each organisation, reason, registration key and network. So a flood from one network is
 * one entry a round with its number; one from very many networks is REFUSED_ENROLMENTS_MOST entries, and one more for each
 * reason and key with all the rest. What a process that is killed had counted is in its log only.
 */
@Injectable()
export class RefusedEnrolments implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private counted = new Map<string, EnrolmentRefused>();
  private readonly telling: Periodic;

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly config: KeyManagerConfig,
    log: Log,
  ) {
    this.telling = new Periodic(
      config.REFUSED_ENROLMENTS_SECONDS * 1000,
      () => this.tell(),
      (error) => log.warn({ err: error }, 'Refused enrolments could not be told to the audit log; it is tried again.'),
    );
  }

  onApplicationBootstrap(): void {
    this.telling.start();
  }

  /** The bus and the database still are there; what is told now is published by whoever runs next. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.telling.stop();
    await this.telling.run();
  }

  count({ address, reason, registrationKey }: RefusedEnrolment): void {
    const network = networkOf(address);
    const fact: EnrolmentRefused = {
      organisationId: registrationKey?.organisationId ?? DEFAULT_ORGANISATION_ID,
      at: new Date().toISOString(),
      ...{ address: network, reason, count: 1, registrationKeyId: registrationKey?.id },
    };
    const isNew = !this.counted.has(nameOf(fact));
    this.add(isNew && this.counted.size >= this.config.REFUSED_ENROLMENTS_MOST ? { ...fact, address: SEVERAL } : fact);
  }

  /** Tells what was counted. When that fails, it is counted again. */
  async tell(): Promise<void> {
    const facts = [...this.counted.values()];
    this.counted = new Map();
    if (facts.length === 0) return;
    try {
      await this.database.unscoped(async (manager) => {
        for (const fact of facts) await this.outbox.add(manager, enrolmentRefused, fact);
      });
    } catch (error) {
      for (const fact of facts) this.add(fact);
      throw error;
    }
  }

  private add(fact: EnrolmentRefused): void {
    const name = nameOf(fact);
    const before = this.counted.get(name);
    this.counted.set(name, before ? { ...before, count: before.count + fact.count } : fact);
  }
}

const nameOf = ({ organisationId, address, reason, registrationKeyId }: EnrolmentRefused): string =>
  [organisationId, address, reason, registrationKeyId].join(' ');
