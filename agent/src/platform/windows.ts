import { spawnSync } from 'node:child_process';
import { homedir, tmpdir, userInfo, version } from 'node:os';
import type { HardwareIdentity, Language } from '@muster/contracts';
import type { Lock } from '../state/lock';
import { OpenFileLock } from '../state/open-file-lock';
import { basicFacts, diskAt, networks } from './basic-facts';
import { findInterpreter } from './interpreters';
import { PLACEHOLDERS } from './placeholders';
import type { Interpreter, Platform, PlatformFacts } from './platform';
import { inheritedEnvironment, POWERSHELL_FOLDER, SYSTEM_ROOT } from './windows-folders';

const SEARCH_PATH = [
  'C:\\Program Files\\PowerShell\\7',
  POWERSHELL_FOLDER,
  `${SYSTEM_ROOT}\\System32`,
  `${SYSTEM_ROOT}\\System32\\Wbem`,
  SYSTEM_ROOT,
].join(';');

/** Asked once, at enrolment. The properties are those of the SMBIOS; the GUID is of this installation of Windows. */
const IDENTITY =
  '$m = Get-CimInstance Win32_ComputerSystemProduct; ConvertTo-Json -Compress @{ uuid = $m.UUID; serial = $m.IdentifyingNumber;' +
  " guid = (Get-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft\\Cryptography').MachineGuid }";

/** Written from documentation, and run with Windows' Node.js under Wine: no Windows machine is part of the tests. */
export class WindowsPlatform implements Platform {
  /** There are none: what the agent starts is in a job of its own process, which libuv makes, and ends with it. */
  readonly groups = false;

  facts(): PlatformFacts {
    return { ...basicFacts('windows'), osName: version(), disks: diskAt(`${SYSTEM_ROOT.slice(0, 2)}\\`, 'NTFS') };
  }

  hardware(): HardwareIdentity {
    const given = ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', IDENTITY];
    const { stdout } = spawnSync(`${POWERSHELL_FOLDER}\\powershell.exe`, given, {
      encoding: 'utf8',
      timeout: 60_000,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return { ...identityOf(stdout), macs: [...new Set(networks().map(({ mac }) => mac))].sort() };
  }

  /** Windows PowerShell takes a script without a mark to be in the machine's code page. */
  interpreter(language: Language): Interpreter | undefined {
    const found = findInterpreter(language, SEARCH_PATH, ['.exe']);
    return found && language === 'powershell' ? { ...found, mark: '\ufeff' } : found;
  }

  scriptEnvironment(): Record<string, string> {
    return {
      ...inheritedEnvironment(),
      PATH: SEARCH_PATH,
      SystemRoot: SYSTEM_ROOT,
      USERPROFILE: homedir(),
      USERNAME: userInfo().username,
      TEMP: tmpdir(),
      TMP: tmpdir(),
    };
  }

  lock(path: string): Lock {
    return OpenFileLock.acquire(path);
  }

  locked(path: string): boolean {
    return OpenFileLock.isHeld(path);
  }

  /**
   * `taskkill` ends the tree below a process, at once for SIGKILL. For SIGTERM it asks, which programs without a window
   * do not hear: whether it was heard shows later, so this tells whether there is somebody. What a script left
   * behind when it ended is not found any more.
   */
  signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
    if (!this.groupExists(leader)) return false;
    const force = signal === 'SIGKILL' ? ['/F'] : [];
    spawnSync(`${SYSTEM_ROOT}\\System32\\taskkill.exe`, ['/PID', String(leader), '/T', ...force], {
      windowsHide: true,
      timeout: 10_000,
      stdio: 'ignore',
    });
    // Where that could not be run, at least the process itself.
    if (signal === 'SIGKILL') endProcess(leader);
    return true;
  }

  groupExists(leader: number): boolean {
    try {
      process.kill(leader, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }

  /** Ended with the agent, but for what they started themselves, of which nothing can be proved. */
  leftoverGroups(): number[] {
    return [];
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

/** From the answer of PowerShell; without what nobody filled in. */
export function identityOf(text: string | null): Omit<HardwareIdentity, 'macs'> {
  try {
    const { uuid, serial, guid } = JSON.parse(text ?? '') as Record<string, unknown>;
    const real = (value: unknown): string | undefined =>
      typeof value === 'string' && !PLACEHOLDERS.test(value.trim()) ? value.trim() : undefined;
    return { systemUuid: real(uuid)?.toLowerCase(), serialNumber: real(serial), machineId: real(guid)?.toLowerCase() };
  } catch {
    return {};
  }
}
