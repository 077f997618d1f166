import { changePassword, createOrganisation, createUser, type Role } from '@muster/contracts';
import { Api, Refused } from './api';
import { BASE_DOMAIN, secrets } from './stack';

export const ADMIN_EMAIL = `admin@${BASE_DOMAIN}`;
/** What the tests change one-time passwords to. */
export const PASSWORD = 'quiet-harbour-lantern-42';

/** Signs in with the tests' password, or with the one-time password and changes it. */
export async function signInFirst(email: string, oneTimePassword: string): Promise<Api> {
  try {
    return await Api.signIn(email, PASSWORD);
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) throw error;
  }
  const first = await Api.signIn(email, oneTimePassword);
  await first.call(changePassword, { body: { currentPassword: oneTimePassword, newPassword: PASSWORD } });
  return Api.signIn(email, PASSWORD);
}

let admin: Promise<Api> | undefined;
/** The owner of the default organisation, signed in once for all tests. */
export const asAdmin = (): Promise<Api> => (admin ??= signInFirst(ADMIN_EMAIL, secrets().firstAdminPassword));

export async function asNewUser(role: Role, owner?: Api): Promise<Api> {
  const email = `${role}-${Math.random().toString(36).slice(2, 10)}@example.org`;
  const created = await (owner ?? (await asAdmin())).call(createUser, { body: { email, name: role, role } });
  return signInFirst(email, created.oneTimePassword);
}

let other: Promise<Api> | undefined;
/** The owner of a second organisation. */
export const asOtherOwner = (): Promise<Api> => (other ??= asOwnerOf('Other'));

/** The owner of a new organisation. */
export async function asOwnerOf(name: string): Promise<Api> {
  const ownerEmail = `owner-${Math.random().toString(36).slice(2, 10)}@other.example`;
  const body = { name, ownerEmail, ownerName: `${name} owner` };
  const created = await (await asAdmin()).call(createOrganisation, { body });
  return signInFirst(ownerEmail, created.ownerOneTimePassword);
}
