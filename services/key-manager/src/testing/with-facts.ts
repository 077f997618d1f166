import { createApiToken, createRegistrationKey } from '@muster/contracts';
import { newId } from '@muster/database';
import { OutboxRecord } from '@muster/testing';
import { type Browser, enter } from './browser';
import { FIRST_PASSWORD, OWNER_EMAIL, RunningKeyManager } from './running-key-manager';

/** From where the browsers of these tests come. */
export const ADDRESS = '192.0.2.1';

/** A key manager with its owner, and what it tells the others. */
export class WithFacts {
  private constructor(
    readonly service: RunningKeyManager,
    readonly owner: Browser,
    readonly outbox: OutboxRecord,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<WithFacts> {
    const service = await RunningKeyManager.start(settings);
    const owner = await enter(service.origin, OWNER_EMAIL, FIRST_PASSWORD);
    return new WithFacts(service, owner, await OutboxRecord.of(service.database.adminUrl, 'identity'));
  }

  /** A technician of the owner's organisation, signed in. */
  readonly someone = (): Promise<Browser> => this.owner.invite('technician', `${newId()}@example.test`);

  readonly tokenOf = (person: Browser) =>
    person.call(createApiToken, { body: { name: 'Tool', permissions: ['devices.read'], expiresAt: soon() } });

  readonly registrationKey = () => this.owner.call(createRegistrationKey, { body: { name: 'Floor 2' } });

  async stop(): Promise<void> {
    await this.outbox.close();
    await this.service.stop();
  }
}

export const idOf = (person: Browser): string => person.session?.user.id ?? '';
export const soon = (): string => new Date(Date.now() + 86_400_000).toISOString();
