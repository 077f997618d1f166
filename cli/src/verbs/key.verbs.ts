import { createRegistrationKey, listRegistrationKeys, revokeRegistrationKey } from '@muster/contracts';
import { CliError, EXIT } from '../core/exit-codes';
import { minute, table } from '../core/table';
import { defineVerb } from '../core/verb';
import { API_OPTIONS, apiOf } from './api-options';
import { wholeNumber } from './numbers';

defineVerb({
  name: 'key list',
  summary: 'Registration keys, without the keys themselves.',
  options: API_OPTIONS,
  async run({ options, environment }) {
    const { keys } = await apiOf(options, environment).call(listRegistrationKeys);
    const shown = keys.map(({ key: _key, installLines: _lines, ...rest }) => rest);
    const rows = shown.map(({ id, name, state, devicesEnrolled, deviceLimit, expiresAt }) => [
      ...[name, state, `${devicesEnrolled}${deviceLimit ? ` of ${deviceLimit}` : ''}`, minute(expiresAt), id],
    ]);
    return { data: shown, text: table(['name', 'state', 'devices', 'expires', 'id'], rows) };
  },
});

defineVerb({
  name: 'key create',
  summary: 'Create a registration key; prints the line that installs the agent.',
  arguments: ['NAME'],
  options: {
    ...API_OPTIONS,
    limit: { type: 'text', value: 'NUMBER', about: 'How many devices it may enrol; any number when left out.' },
    days: { type: 'text', value: 'NUMBER', about: 'Days until it expires; never when left out.' },
    group: { type: 'text', value: 'ID', about: 'Group that devices become members of.' },
  },
  async run({ options, positionals: [name = ''], environment }) {
    const days = wholeNumber('days', options.days, 0);
    const key = await apiOf(options, environment).call(createRegistrationKey, {
      body: {
        name,
        ...(options.limit === undefined ? {} : { deviceLimit: wholeNumber('limit', options.limit, 0) }),
        ...(options.group === undefined ? {} : { groupId: options.group }),
        ...(days > 0 ? { expiresAt: new Date(Date.now() + days * 86_400_000).toISOString() } : {}),
      },
    });
    const line = key.installLines?.find(({ purpose }) => purpose === 'install')?.line;
    return {
      data: key,
      text: [`${key.name}: ${key.key ?? ''}`, ...(line ? ['Install on Linux:', `  ${line}`] : [])].join('\n'),
    };
  },
});

defineVerb({
  name: 'key revoke',
  summary: 'Revoke a registration key; devices that it enrolled stay.',
  arguments: ['NAME|ID'],
  options: API_OPTIONS,
  async run({ options, positionals: [wanted = ''], environment }) {
    const api = apiOf(options, environment);
    const { keys } = await api.call(listRegistrationKeys);
    const byId = keys.filter(({ id }) => id === wanted);
    const found = byId.length > 0 ? byId : keys.filter(({ name, state }) => name === wanted && state !== 'revoked');
    const [key] = found;
    if (!key)
      throw new CliError(EXIT.missing, `There is no registration key "${wanted}".`, '"muster key list" names them.');
    if (found.length > 1) {
      const ids = found.map(({ id }) => id).join(', ');
      throw new CliError(EXIT.usage, `${found.length} keys are called "${wanted}".`, `Give an id: ${ids}.`);
    }
    await api.call(revokeRegistrationKey, { params: { id: key.id } });
    return { data: { revoked: key.id }, text: `The registration key "${key.name}" is revoked.` };
  },
});
