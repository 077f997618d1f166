import { Injectable } from '@nestjs/common';
import {
  AppError,
  type BusEvent,
  type Caller,
  type CreatedInvitation,
  type CreateInvitation,
  DEFAULT_ORGANISATION_ID,
  factBy,
  type Invitation,
  invitationCreated,
  invitationRenewed,
  type InvitationSent,
  invitationWithdrawn,
  type Principal,
} from '@muster/contracts';
import { Database, isUniqueViolation, newId, Outbox } from '@muster/database';
import { type EntityManager, LessThanOrEqual } from 'typeorm';
import { digest, newSecret } from '../../secrets/secret';
import { requireReach } from '../../users/grants';
import { UserEntity } from '../../users/user.entity';
import { isMailAddress } from '../smtp/mail-address';
import { InvitationEntity } from './invitation.entity';
import { InvitationLinks } from './invitation-links';
import { listInvitations } from './invitations.queries';

/** Invitations to an organisation: made, renewed and withdrawn, within what the one who asks may do. */
@Injectable()
export class Invitations {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly links: InvitationLinks,
  ) {}

  list(organisationId: string): Promise<Invitation[]> {
    return this.database.inOrganisation(organisationId, (manager) => listInvitations(manager));
  }

  /** @throws AppError `conflict` where somebody has the address or is invited already */
  async create(caller: Caller, { email, name, role, ...wanted }: CreateInvitation): Promise<CreatedInvitation> {
    requireReach(caller.principal, role);
    const organisationId = await this.organisationFor(caller.principal, wanted.organisationId ?? undefined);
    requireMailAddress(email);
    await this.requireNobodyHas(email);
    const row = Object.assign(new InvitationEntity(), {
      ...{ id: newId(), organisationId, email: email.toLowerCase(), name, role },
      ...{ invitedBy: caller.principal.name, sentAt: null },
    });
    try {
      return await this.database.inOrganisation(organisationId, async (manager) => {
        // One that has ended is no reason not to be invited again.
        await manager.delete(InvitationEntity, { email: row.email, expiresAt: LessThanOrEqual(new Date()) });
        return this.issue(manager, caller, row, invitationCreated);
      });
    } catch (error) {
      if (!isUniqueViolation(error, 'invitations_email')) throw error;
      throw new AppError('conflict', 'This person is invited already. Send that invitation again, or withdraw it.', {
        cause: error,
      });
    }
  }

  /** A new link, and a new time; the link before ends. @throws AppError `not-found` */
  renew(caller: Caller, id: string): Promise<CreatedInvitation> {
    return this.database.inOrganisation(caller.principal.organisationId, async (manager) => {
      const row = await this.held(manager, caller, id);
      return this.issue(manager, caller, row, invitationRenewed);
    });
  }

  /** @throws AppError `not-found` */
  withdraw(caller: Caller, id: string): Promise<void> {
    return this.database.inOrganisation(caller.principal.organisationId, async (manager) => {
      const { email, role } = await this.held(manager, caller, id);
      await manager.delete(InvitationEntity, { id });
      await this.links.takeBack(manager, id);
      await this.outbox.add(manager, invitationWithdrawn, { ...factBy(caller), invitationId: id, email, role });
    });
  }

  private async issue(
    manager: EntityManager,
    caller: Caller,
    row: InvitationEntity,
    event: BusEvent<InvitationSent>,
  ): Promise<CreatedInvitation> {
    const secret = newSecret();
    const invitedAt = new Date();
    const fresh = { secretHash: digest(secret), invitedAt, expiresAt: this.links.expiry(invitedAt), sentAt: null };
    const invitation = Object.assign(row, fresh);
    if (event === invitationCreated) await manager.insert(InvitationEntity, invitation);
    else await manager.update(InvitationEntity, { id: row.id }, fresh);
    const link = await this.links.hand(manager, invitation, secret);
    const about = { invitationId: row.id, email: row.email, role: row.role };
    const fact = { ...factBy(caller), organisationId: row.organisationId };
    await this.outbox.add(manager, event, { ...fact, ...about, by: link === undefined ? 'mail' : 'hand' });
    const [made] = await listInvitations(manager, row.id);
    if (!made) throw new AppError('not-found', 'The invitation is gone.');
    return { ...made, ...(link === undefined ? {} : { link }) };
  }

  /** The own one, or another for who may make organisations: each of those was made with an owner, so it has people. */
  private async organisationFor(principal: Principal, wanted?: string): Promise<string> {
    if (wanted === undefined || wanted === principal.organisationId) return principal.organisationId;
    if (
      principal.organisationId !== DEFAULT_ORGANISATION_ID ||
      !principal.permissions.includes('organisations.write')
    ) {
      throw new AppError('permission-denied', 'Only owners of the default organisation invite to others.');
    }
    const known = await this.database.inOrganisation(wanted, (manager) => manager.existsBy(UserEntity, {}));
    if (!known) throw new AppError('not-found', 'There is no such organisation.');
    return wanted;
  }

  private async held(manager: EntityManager, caller: Caller, id: string): Promise<InvitationEntity> {
    const row = await manager.findOne(InvitationEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!row) throw new AppError('not-found', 'There is no such invitation, or it was accepted or withdrawn.');
    requireReach(caller.principal, row.role);
    return row;
  }

  private async requireNobodyHas(email: string): Promise<void> {
    const taken = await this.database.across('user by e-mail address', (manager) =>
      manager.existsBy(UserEntity, { email: email.toLowerCase() }),
    );
    if (taken) throw new AppError('conflict', 'Somebody has this e-mail address already. Choose another.');
  }
}

function requireMailAddress(email: string): void {
  if (isMailAddress(email)) return;
  const problem = 'is not an address that mail can be sent to';
  throw new AppError('invalid-input', 'Check the e-mail address.', { faults: [{ field: 'email', problem }] });
}
