import { type DeviceSummary, listDevices, PRESENCES, retireDevice } from '@muster/contracts';
import { duration, inactiveDevices } from '../api/inactive-devices';
import { CliError, EXIT } from '../core/exit-codes';
import { minute, table } from '../core/table';
import { defineVerb } from '../core/verb';
import { API_OPTIONS, apiOf } from './api-options';
import { wholeNumber } from './numbers';

const list = (devices: readonly DeviceSummary[]): string =>
  table(
    ['name', 'presence', 'last contact', 'system', 'agent', 'id'],
    devices.map((one) => [one.name, one.presence, minute(one.lastContactAt), one.osName, one.agentVersion, one.id]),
  );

defineVerb({
  name: 'device list',
  summary: 'Devices, by name.',
  options: {
    ...API_OPTIONS,
    search: { type: 'text', value: 'TEXT', about: 'Part of a name or of its user.' },
    presence: { type: 'text', value: 'WORD', about: `One of ${PRESENCES.join(', ')}.` },
    inactive: { type: 'text', value: 'TIME', about: 'Without a contact for so long: 30d, 12h.' },
    size: { type: 'text', value: 'NUMBER', about: 'How many at most; 200 when left out.' },
  },
  async run({ options, environment }) {
    const api = apiOf(options, environment);
    const size = wholeNumber('size', options.size, 200);
    if (options.inactive !== undefined) {
      const devices = await inactiveDevices(api, duration(options.inactive));
      return { data: { devices, total: devices.length }, text: list(devices.slice(0, size)) };
    }
    const presence = PRESENCES.find((one) => one === options.presence);
    if (options.presence !== undefined && !presence) {
      throw new CliError(EXIT.usage, `"${options.presence}" is no presence.`, `There are: ${PRESENCES.join(', ')}.`);
    }
    const devices: DeviceSummary[] = [];
    for (let after: string | undefined; ;) {
      const query = {
        ...{ sort: 'name' as const, size: Math.min(200, size - devices.length) },
        ...(after ? { after } : {}),
        ...(options.search ? { search: options.search } : {}),
        ...(presence ? { presence } : {}),
      };
      const page = await api.call(listDevices, { query });
      devices.push(...page.devices);
      if (page.next && devices.length < size) after = page.next;
      else
        return { data: { devices, total: page.total }, text: `${list(devices)}\n${devices.length} of ${page.total}` };
    }
  },
});

defineVerb({
  name: 'device clean',
  summary: 'Retire devices that have not been seen for long.',
  options: {
    ...API_OPTIONS,
    inactive: { type: 'text', value: 'TIME', about: 'Without a contact for so long: 30d, 12h.' },
    yes: { type: 'flag', about: 'Really do it; without it the devices are only named.' },
  },
  remarks: ['A retired device is not let in any more. If it comes back it has to be enrolled anew.'],
  async run({ options, environment, terminal }) {
    if (options.inactive === undefined) throw new CliError(EXIT.usage, 'How long is too long?', 'Add --inactive 30d.');
    const api = apiOf(options, environment);
    const devices = await inactiveDevices(api, duration(options.inactive));
    if (devices.length === 0) return { data: { retired: [], devices }, text: 'No device has been away for so long.' };
    if (!options.yes) {
      const end = `${devices.length} devices would be retired. Add --yes to do it.`;
      return { data: { retired: [], devices }, text: `${list(devices)}\n${end}` };
    }
    const retired: string[] = [];
    for (const { id, name } of devices) {
      terminal.progress(`Retiring ${name} (${retired.length + 1} of ${devices.length}) …`);
      await api.call(retireDevice, { params: { id } });
      retired.push(id);
    }
    return { data: { retired, devices }, text: `${list(devices)}\n${retired.length} devices are retired.` };
  },
});
