import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DEFAULT_ORGANISATION_ID, SUITE, userCreated } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { Log } from '@muster/service-kit';
import { KeyManagerConfig } from '../key-manager.config';
import { UserEntity } from './user.entity';
import { newUser } from './users';

/** Makes the first owner, who makes everybody else, when there is nobody yet. */
@Injectable()
export class FirstOwner implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly config: KeyManagerConfig,
    private readonly log: Log,
  ) {}

  async onModuleInit(): Promise<void> {
    const users = await this.database.across('whether there are users', (manager) =>
      manager.find(UserEntity, { select: { id: true }, take: 1 }),
    );
    if (users.length > 0) return;
    const password = this.config.FIRST_ADMIN_PASSWORD;
    if (!password) {
      throw new Error(
        'There are no users yet: set FIRST_ADMIN_PASSWORD, the first owner changes it at the first sign-in.',
      );
    }
    const email = `admin@${this.config.BASE_DOMAIN}`;
    const wanted = { organisationId: DEFAULT_ORGANISATION_ID, email, name: 'Administrator', role: 'owner' as const };
    const row = await newUser(wanted, password);
    await this.database.inOrganisation(DEFAULT_ORGANISATION_ID, async (manager) => {
      const insert = manager.createQueryBuilder().insert().into(UserEntity).values(row);
      const made = await insert.orIgnore().returning('id').execute();
      // Another instance may start at the same time.
      if ((made.raw as unknown[]).length === 0) return;
      const { id: userId, organisationId, name, role } = row;
      const fact = { organisationId, at: row.createdAt.toISOString(), actor: SUITE };
      await this.outbox.add(manager, userCreated, { ...fact, userId, email, name, role });
    });
    this.log.info({ email }, 'Created the first owner.');
  }
}
