import {
  createUser,
  deleteUser,
  listUsers,
  resetPassword,
  type Role,
  ROLES,
  updateUser,
  type User,
} from '@muster/contracts';
import type { Api } from '../api/api';
import { CliError, EXIT } from '../core/exit-codes';
import { minute, table } from '../core/table';
import { defineVerb } from '../core/verb';
import { API_OPTIONS, apiOf } from './api-options';

defineVerb({
  name: 'user list',
  summary: 'Users of the organisation.',
  options: API_OPTIONS,
  async run({ options, environment }) {
    const { users } = await apiOf(options, environment).call(listUsers);
    const rows = users.map(({ email, name, role, disabled, lastSignInAt }) => [
      ...[email, name, role, disabled ? 'disabled' : 'active', minute(lastSignInAt)],
    ]);
    return { data: users, text: table(['e-mail', 'name', 'role', 'state', 'last sign-in'], rows) };
  },
});

defineVerb({
  name: 'user add',
  summary: 'Create a user; prints a one-time password.',
  arguments: ['EMAIL'],
  options: {
    ...API_OPTIONS,
    name: { type: 'text', value: 'TEXT', about: 'Full name; the e-mail address when left out.' },
    role: { type: 'text', value: 'ROLE', about: `One of ${ROLES.join(', ')}; read-only when left out.` },
  },
  async run({ options, positionals: [email = ''], environment }) {
    const role = roleOf(options.role ?? 'read-only');
    const body = { email, name: options.name ?? email, role };
    const user = await apiOf(options, environment).call(createUser, { body });
    return { data: user, text: `${user.email} (${user.role}), one-time password: ${user.oneTimePassword}` };
  },
});

defineVerb({
  name: 'user reset-password',
  summary: 'Give a user a new one-time password; ends all sessions.',
  arguments: ['EMAIL'],
  options: API_OPTIONS,
  async run({ options, positionals: [email = ''], environment }) {
    const api = apiOf(options, environment);
    const { id } = await userOf(api, email);
    const user = await api.call(resetPassword, { params: { id } });
    return { data: user, text: `${user.email}, one-time password: ${user.oneTimePassword}` };
  },
});

for (const [name, disabled, summary] of [
  ['user disable', true, 'Let a user sign in no more; ends all sessions.'],
  ['user enable', false, 'Let a user sign in again.'],
] as const) {
  defineVerb({
    name,
    summary,
    arguments: ['EMAIL'],
    options: API_OPTIONS,
    async run({ options, positionals: [email = ''], environment }) {
      const api = apiOf(options, environment);
      const { id } = await userOf(api, email);
      const user = await api.call(updateUser, { params: { id }, body: { disabled } });
      return { data: user, text: `${user.email} is ${user.disabled ? 'disabled' : 'active'}.` };
    },
  });
}

defineVerb({
  name: 'user remove',
  summary: 'Delete a user; sessions and tokens end at once.',
  arguments: ['EMAIL'],
  options: { ...API_OPTIONS, yes: { type: 'flag', about: 'Really do it.' } },
  async run({ options, positionals: [email = ''], environment }) {
    const api = apiOf(options, environment);
    const user = await userOf(api, email);
    if (!options.yes)
      throw new CliError(EXIT.usage, `This would delete ${user.email} (${user.role}).`, 'Add --yes to do it.');
    await api.call(deleteUser, { params: { id: user.id } });
    return { data: { deleted: user }, text: `${user.email} is deleted.` };
  },
});

async function userOf(api: Api, email: string): Promise<User> {
  const { users } = await api.call(listUsers);
  const found = users.find((user) => user.email.toLowerCase() === email.toLowerCase());
  if (found) return found;
  throw new CliError(EXIT.missing, `There is no user "${email}".`, '"muster user list" names them.');
}

function roleOf(text: string): Role {
  const role = ROLES.find((one) => one === text);
  if (role) return role;
  throw new CliError(EXIT.usage, `"${text}" is no role.`, `There are: ${ROLES.join(', ')}.`);
}
