import { textOf } from '../../formats/json';
import { source } from '../../source';
import { cim, powershell } from './powershell';

/** Services of a user's session have a number that is new at each sign-in. */
const OF_SESSIONS = /_[0-9a-f]{4,8}$/;

export const windowsServices = source({
  section: 'services',
  source: 'Win32_Service',
  platforms: ['windows'],
  async collect(machine) {
    const rows = await powershell(
      machine,
      cim('Win32_Service', ['Name', 'DisplayName', 'State', 'StartMode', 'StartName']),
    );
    const items = rows
      .filter((row) => !OF_SESSIONS.test(textOf(row['Name']) ?? ''))
      .map((row) => ({
        name: textOf(row['Name']) ?? '',
        description: textOf(row['DisplayName']),
        state: textOf(row['State'])?.toLowerCase(),
        startMode: startMode(textOf(row['StartMode'])),
        account: textOf(row['StartName']),
      }));
    return { items, unreadable: [] };
  },
});

const startMode = (told: string | undefined): string | undefined =>
  told === 'Auto' ? 'automatic' : told?.toLowerCase();
