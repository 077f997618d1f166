import { Controller } from '@nestjs/common';
import {
  type CreatedUser,
  createUser,
  deleteUser,
  listRoles,
  listUsers,
  resetPassword,
  ROLE_PERMISSIONS,
  type RoleList,
  ROLES,
  type RouteCall,
  updateUser,
  type User,
  type UserList,
} from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { SignInAttempts } from '../sessions/sign-in-attempts';
import { UserEntity } from './user.entity';
import { Users, type WithPassword } from './users';

/** Users of the own organisation, and the roles that they can have. */
@Controller()
export class UserController {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly attempts: SignInAttempts,
  ) {}

  @Handles(listUsers)
  async list({ principal }: RouteCall<typeof listUsers>): Promise<UserList> {
    const rows = await this.database.inOrganisation(principal.organisationId, (manager) =>
      manager.find(UserEntity, { order: { email: 'ASC' }, take: 1000 }),
    );
    const locks = await this.attempts.locks(rows.map((row) => row.email));
    return { users: rows.map((row) => describeUser(row, locks.get(row.email))) };
  }

  @Handles(createUser)
  async create(call: RouteCall<typeof createUser>): Promise<CreatedUser> {
    const { organisationId } = call.principal;
    return withPassword(await this.users.create({ ...call.body, organisationId }, call));
  }

  @Handles(updateUser)
  async update(call: RouteCall<typeof updateUser>): Promise<User> {
    const row = await this.users.update(call, call.params.id, call.body);
    return describeUser(row, (await this.attempts.locks([row.email])).get(row.email));
  }

  @Handles(resetPassword)
  async resetPassword(call: RouteCall<typeof resetPassword>): Promise<CreatedUser> {
    const reset = await this.users.resetPassword(call, call.params.id);
    await this.attempts.forget(reset.user.email);
    return withPassword(reset);
  }

  @Handles(deleteUser)
  delete(call: RouteCall<typeof deleteUser>): Promise<void> {
    return this.users.delete(call, call.params.id);
  }

  @Handles(listRoles)
  roles(_call: RouteCall<typeof listRoles>): RoleList {
    return { roles: ROLES.map((name) => ({ name, permissions: [...ROLE_PERMISSIONS[name]] })) };
  }
}

const describeUser = (row: UserEntity, lockedUntil?: Date): User => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role,
  disabled: row.disabled,
  mustChangePassword: row.mustChangePassword,
  createdAt: row.createdAt.toISOString(),
  lastSignInAt: row.lastSignInAt?.toISOString(),
  lockedUntil: lockedUntil?.toISOString(),
});

const withPassword = ({ user, oneTimePassword }: WithPassword): CreatedUser => ({
  ...describeUser(user),
  oneTimePassword,
});
