import { Instant, List, nested, OneOf, Text, Uuid, Whole } from '../schema/fields';
import { ById } from '../wire/page';
import { defineRoute, may } from '../wire/route';
import { registrationKeyCreated, registrationKeyRevoked } from './identity-events';

const own = { service: 'key-manager', face: 'manager' } as const;

export class RegistrationKey {
  @Uuid() id: string;
  @Text({ max: 200 }) name: string;
  @Text({ max: 128, optional: true, about: 'The key itself, for who may write keys: having it is the power to enrol.' })
  key?: string;
  @Uuid({ optional: true }) groupId?: string;
  @Whole({ min: 1, max: 1_000_000, optional: true, about: 'How many devices it may enrol; unlimited when absent.' })
  deviceLimit?: number;
  @Whole({ min: 0, max: 1_000_000_000 }) devicesEnrolled: number;
  @Instant({ optional: true }) expiresAt?: string;
  @OneOf(['active', 'spent', 'expired', 'revoked']) state: 'active' | 'spent' | 'expired' | 'revoked';
  @Instant() createdAt: string;
  @Text({ max: 254 }) createdBy: string;
  @List(nested(() => InstallLine), { max: 8, optional: true, about: 'Lines to paste; they hold the key, so as it.' })
  installLines?: InstallLine[];
}
/** A line to paste on a device. Safe with a private CA: it carries the digest of the CA certificate. */
export class InstallLine {
  @OneOf(['linux']) platform: 'linux';
  @OneOf(['install', 'uninstall']) purpose: 'install' | 'uninstall';
  @Text({ max: 4096 }) line: string;
}
export class RegistrationKeyList {
  @List(nested(() => RegistrationKey), { max: 1000 }) keys: RegistrationKey[];
}
export class CreateRegistrationKey {
  @Text({ min: 1, max: 200 }) name: string;
  @Uuid({ optional: true }) groupId?: string;
  @Whole({ min: 1, max: 1_000_000, optional: true }) deviceLimit?: number;
  @Instant({ optional: true }) expiresAt?: string;
}
export const listRegistrationKeys = defineRoute({
  ...own,
  method: 'GET',
  path: '/auth/registration-keys',
  access: may('registration-keys.read'),
  summary: 'Registration keys of the organisation',
  reply: RegistrationKeyList,
  list: 'keys',
});
export const createRegistrationKey = defineRoute({
  ...own,
  method: 'POST',
  path: '/auth/registration-keys',
  access: may('registration-keys.write'),
  summary: 'Create a registration key',
  body: CreateRegistrationKey,
  reply: RegistrationKey,
  causes: [registrationKeyCreated],
});
export const revokeRegistrationKey = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/auth/registration-keys/:id',
  access: may('registration-keys.write'),
  summary: 'Revoke a registration key; devices that it enrolled stay',
  params: ById,
  causes: [registrationKeyRevoked],
});
