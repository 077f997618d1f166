import { flagOf, rowOf, textOf } from '../../formats/json';
import { source } from '../../source';

/** Microsoft Defender for Endpoint: `mdatp health --output json`, which needs no root. */
export const linuxDefender = source({
  section: 'antivirus',
  source: 'mdatp',
  keys: 'Microsoft Defender',
  platforms: ['linux'],
  async collect({ commands }) {
    if (!(await commands.has('mdatp'))) return { items: [], unreadable: [] };
    const health = rowOf(JSON.parse(await commands.run('mdatp', ['health', '--output', 'json'])));
    // Settings have who manages them beside their value.
    const guard = health['realTimeProtectionEnabled'];
    const on = flagOf(guard) ?? flagOf(rowOf(guard)['value']);
    const status = health['definitionsStatus'];
    const age = textOf(status) ?? textOf(rowOf(status)['$type']);
    const item = {
      name: 'Microsoft Defender for Endpoint',
      state: on === undefined ? 'unknown' : !on ? 'off' : health['healthy'] === false ? 'partly' : 'on',
      version: textOf(health['appVersion']),
      signatures: textOf(health['definitionsVersion']),
      upToDate: age === undefined ? undefined : age.replaceAll('"', '') === 'upToDate',
    } as const;
    return { items: [item], unreadable: [] };
  },
});
