import { flagOf, numberOf, type Row, textOf } from '../../formats/json';
import { type Found, source } from '../../source';
import { cim, powershell } from './powershell';

const CENTER = '-Namespace root/SecurityCenter2 -ClassName AntiVirusProduct';
const DEFENDER = `Get-MpComputerStatus | Select-Object AMServiceEnabled,AMProductVersion,AntivirusEnabled,
  RealTimeProtectionEnabled,AntivirusSignatureVersion,AntivirusSignatureAge`;
const OLDEST_SIGNATURES_DAYS = 7;

/**
 * What registered with the security centre (Windows client), and Defender's own word (server too). `productState` is not
 * documented; its bits are known: 0x1000 on, 0x10 signatures are old.
 */
export const windowsAntivirus = source({
  section: 'antivirus',
  source: 'AntiVirusProduct',
  platforms: ['windows'],
  async collect(machine) {
    // Servers have no security centre; other products switch Defender's service off.
    const products = await powershell(machine, cim(CENTER, ['displayName', 'productState'])).catch(() => undefined);
    const [defender] = await powershell(machine, DEFENDER).catch(() => []);
    const items = (products ?? []).map((row): Found<'antivirus'> => {
      const name = textOf(row['displayName']) ?? '';
      const state = numberOf(row['productState']);
      return {
        name,
        state: state === undefined ? 'unknown' : (state & 0xf000) === 0x1000 ? 'on' : 'off',
        upToDate: state === undefined ? undefined : (state & 0xf0) === 0,
        ...(defender && /defender/i.test(name) ? aboutDefender(defender) : {}),
      };
    });
    if (defender && !items.some(({ name }) => /defender/i.test(name)))
      items.push({ name: 'Microsoft Defender Antivirus', state: 'unknown', ...aboutDefender(defender) });
    const why = 'neither the security centre nor Defender answered';
    return { items, unreadable: products || defender ? [] : [{ what: 'antivirus', why }] };
  },
});

function aboutDefender(row: Row): Partial<Found<'antivirus'>> {
  const enabled = flagOf(row['AntivirusEnabled']) ?? flagOf(row['AMServiceEnabled']);
  const guards = flagOf(row['RealTimeProtectionEnabled']);
  const age = numberOf(row['AntivirusSignatureAge']);
  return {
    ...(enabled === undefined ? {} : { state: !enabled ? 'off' : guards === false ? 'partly' : 'on' }),
    version: textOf(row['AMProductVersion']),
    signatures: textOf(row['AntivirusSignatureVersion']),
    upToDate: age === undefined ? undefined : age <= OLDEST_SIGNATURES_DAYS,
  };
}
