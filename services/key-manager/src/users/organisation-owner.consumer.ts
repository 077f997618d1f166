import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import {
  AppError,
  type CreateOrganisationOwner,
  createOrganisationOwner,
  DEFAULT_ORGANISATION_ID,
  type OrganisationOwner,
} from '@muster/contracts';
import { Credentials } from '../credentials/credentials';
import { UserEntity } from './user.entity';
import { Users } from './users';

/** Makes the first owner of a new organisation, on behalf of somebody who may make organisations. */
@Injectable()
export class OrganisationOwnerConsumer {
  constructor(
    private readonly credentials: Credentials,
    private readonly users: Users,
  ) {}

  @HandlesRequest(createOrganisationOwner)
  async create(wanted: CreateOrganisationOwner): Promise<OrganisationOwner> {
    const by = await this.credentials.authorise(wanted.credential, 'organisations.write');
    if (by.organisationId !== DEFAULT_ORGANISATION_ID) {
      throw new AppError('permission-denied', 'Only people of the default organisation make organisations.');
    }
    const { organisationId, email, name } = wanted;
    const { user, oneTimePassword } = await this.users.create(
      { organisationId, email, name, role: 'owner' },
      { principal: by },
      async (manager) => {
        // An organisation that has people chooses its owners itself.
        if ((await manager.count(UserEntity)) === 0) return;
        throw new AppError('conflict', 'This organisation has users already; its owners make further ones.');
      },
    );
    return { userId: user.id, oneTimePassword };
  }
}
