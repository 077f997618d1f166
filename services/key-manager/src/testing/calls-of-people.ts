import { createInvitation, DEFAULT_ORGANISATION_ID, removeEmailSettings, saveEmailSettings } from '@muster/contracts';
import { newId } from '@muster/database';
import { digest, newSecret } from '../secrets/secret';
import { Browser, NEW_PASSWORD } from './browser';
import { idOf, soon, type WithFacts } from './with-facts';

export interface Call {
  by?: Browser;
  params?: Record<string, string>;
  body?: object;
}

/** One successful call of every route by which people change something, in which all that it may cause happens. */
export function callsOfPeople({
  service,
  owner,
  someone,
  tokenOf,
  registrationKey,
}: WithFacts): Record<string, () => Promise<Call>> {
  /** Where nobody listens: the answer comes at once. */
  const mailSettings = (host: string) => ({
    ...{ host, port: 1, security: 'none', fromAddress: 'muster@example.test', fromName: '' },
  });
  const saveMail = () => owner.call(saveEmailSettings, { body: mailSettings('localhost') });
  const invitation = async () => {
    const body = { email: `${newId()}@example.test`, name: 'New', role: 'technician' };
    return (await owner.call(createInvitation, { body })).body;
  };
  return {
    'POST /auth/session': async () => {
      const person = await someone();
      return {
        by: new Browser(service.origin),
        body: { email: person.session?.user.email ?? '', password: NEW_PASSWORD },
      };
    },
    'DELETE /auth/session': async () => ({ by: await someone() }),
    'POST /auth/password': async () => ({
      by: await someone(),
      body: { currentPassword: NEW_PASSWORD, newPassword: 'green lanterns over the harbour' },
    }),
    'DELETE /auth/sessions/:id': async () => {
      const by = await someone();
      return { by, params: { id: by.session?.id ?? '' } };
    },
    'DELETE /auth/all-sessions/:id': async () => ({ params: { id: (await someone()).session?.id ?? '' } }),
    'POST /auth/users': async () => ({ body: { email: `${newId()}@example.test`, name: 'New', role: 'technician' } }),
    'PATCH /auth/users/:id': async () => ({ params: { id: idOf(await someone()) }, body: { disabled: true } }),
    'POST /auth/users/:id/password-reset': async () => ({ params: { id: idOf(await someone()) } }),
    'DELETE /auth/users/:id': async () => {
      const person = await someone();
      await tokenOf(person);
      return { params: { id: idOf(person) } };
    },
    'POST /auth/tokens': async () => ({ body: { name: 'Tool', permissions: ['devices.read'], expiresAt: soon() } }),
    'DELETE /auth/tokens/:id': async () => ({ params: { id: (await tokenOf(owner)).body.id } }),
    'POST /auth/registration-keys': async () => ({ body: { name: 'Floor 1' } }),
    'DELETE /auth/registration-keys/:id': async () => ({ params: { id: (await registrationKey()).body.id } }),
    'PUT /auth/email/settings': async () => ({ body: mailSettings(`mail-${newId()}.example.test`) }),
    'DELETE /auth/email/settings': async () => {
      await saveMail();
      return {};
    },
    'POST /auth/email/test': async () => {
      await saveMail();
      return { body: { recipient: 'admin@example.test' } };
    },
    'POST /auth/email/retry': async () => ({}),
    'POST /auth/invitations': async () => ({
      body: { email: `${newId()}@example.test`, name: 'New', role: 'technician' },
    }),
    'POST /auth/invitations/:id/renewal': async () => ({ params: { id: (await invitation()).id } }),
    'DELETE /auth/invitations/:id': async () => ({ params: { id: (await invitation()).id } }),
    'POST /auth/invitation-acceptance': async () => {
      await owner.call(removeEmailSettings);
      const secret = (await invitation()).link?.split('#')[1] ?? '';
      return { by: new Browser(service.origin), body: { secret, newPassword: 'green lanterns over the harbour' } };
    },
    'POST /auth/password-reset/password': async () => {
      const person = await someone();
      const secret = newSecret();
      await service.sql(
        `INSERT INTO identity.password_resets (id, organisation_id, user_id, secret_hash, expires_at)
         VALUES ($1, $2, $3, $4, now() + interval '1 hour')`,
        [newId(), DEFAULT_ORGANISATION_ID, idOf(person), digest(secret)],
      );
      return { by: new Browser(service.origin), body: { secret, newPassword: 'green lanterns over the harbour' } };
    },
  };
}
