import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DEFAULT_ORGANISATION_ID, registrationKeyCreated, SUITE } from '@muster/contracts';
import { Database, newId, Outbox } from '@muster/database';
import { Log } from '@muster/service-kit';
import { KeyManagerConfig } from '../key-manager.config';
import { RegistrationKeyEntity } from './registration-key.entity';

/**
 * Makes the registration key that an unattended set-up chose beforehand, so that its first devices can enrol before
 * anybody signed in. Made once, for a while: nobody chose it in the console, so nobody would think of closing that door.
 * A revoked or expired one stays so.
 */
@Injectable()
export class FirstRegistrationKey implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly config: KeyManagerConfig,
    private readonly log: Log,
  ) {}

  async onModuleInit(): Promise<void> {
    const key = this.config.FIRST_REGISTRATION_KEY;
    if (!key) return;
    const createdAt = new Date();
    const row = {
      id: newId(),
      organisationId: DEFAULT_ORGANISATION_ID,
      name: 'First registration key',
      key,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + this.config.FIRST_REGISTRATION_KEY_HOURS * 3_600_000),
      createdBy: 'set-up',
    };
    await this.database.inOrganisation(DEFAULT_ORGANISATION_ID, async (manager) => {
      const insert = manager.createQueryBuilder().insert().into(RegistrationKeyEntity).values(row);
      const made = await insert.orIgnore().returning('id').execute();
      if ((made.raw as unknown[]).length === 0) return;
      const { id: registrationKeyId, organisationId, name } = row;
      const fact = { organisationId, at: createdAt.toISOString(), actor: SUITE };
      await this.outbox.add(manager, registrationKeyCreated, { ...fact, registrationKeyId, name });
      this.log.info({ registrationKeyId }, 'Made the first registration key.');
    });
  }
}
