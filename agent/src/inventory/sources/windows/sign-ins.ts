import { textOf } from '../../formats/json';
import { source } from '../../source';
import { powershell } from './powershell';

/** Interactive (2), remote desktop (10), with cached credentials (11). */
const SESSIONS = `Get-CimInstance Win32_LogonSession -Filter 'LogonType = 2 OR LogonType = 10 OR LogonType = 11' |
  ForEach-Object { $session = $_
    Get-CimAssociatedInstance $session -ResultClassName Win32_Account | ForEach-Object { [pscustomobject]@{
      User = $_.Caption; Type = $session.LogonType; Start = $session.StartTime.ToUniversalTime().ToString('o') } } }`;
const TERMINALS: Record<string, string> = { 2: 'console', 10: 'remote desktop', 11: 'console' };
/** Accounts of the window manager and of font drivers have interactive sessions of their own. */
const OF_WINDOWS = /\\(DWM|UMFD)-\d+$/;

export const windowsSignIns = source({
  section: 'sign-ins',
  source: 'Win32_LogonSession',
  platforms: ['windows'],
  async collect(machine) {
    const rows = await powershell(machine, SESSIONS);
    const items = rows
      .filter((row) => !OF_WINDOWS.test(textOf(row['User']) ?? ''))
      .map((row) => ({
        user: textOf(row['User']) ?? '',
        terminal: TERMINALS[textOf(row['Type']) ?? ''],
        startedAt: textOf(row['Start']),
      }));
    const why = 'the security event log is not read: sessions of this moment are given';
    return { items, unreadable: [{ what: 'past sign-ins', why }] };
  },
});
