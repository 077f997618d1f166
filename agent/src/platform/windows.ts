import { spawnSync } from 'node:child_process';
import { homedir, tmpdir, userInfo } from 'node:os';
import type { HardwareIdentity, Language } from '@muster/contracts';
import { basicFacts, networks } from './basic-facts';
import { findInterpreter } from './interpreters';
import type { Interpreter, Platform, PlatformFacts } from './platform';

const SYSTEM_ROOT = 'C:\\Windows';
const SEARCH_PATH = [
  'C:\\Program Files\\PowerShell\\7',
  `${SYSTEM_ROOT}\\System32\\WindowsPowerShell\\v1.0`,
  `${SYSTEM_ROOT}\\System32`,
  SYSTEM_ROOT,
].join(';');

/** Written from documentation and type-checked only: no Windows machine is part of the tests. */
export class WindowsPlatform implements Platform {
  facts(): PlatformFacts {
    return { ...basicFacts('windows'), osName: 'Windows' };
  }

  hardware(): HardwareIdentity {
    return { macs: [...new Set(networks().map(({ mac }) => mac))].sort() };
  }

  interpreter(language: Language): Interpreter | undefined {
    return findInterpreter(language, SEARCH_PATH, ['.exe']);
  }

  scriptEnvironment(): Record<string, string> {
    return {
      PATH: SEARCH_PATH,
      SystemRoot: SYSTEM_ROOT,
      USERPROFILE: homedir(),
      USERNAME: userInfo().username,
      TEMP: tmpdir(),
      TMP: tmpdir(),
    };
  }

  processStart(pid: number): string | undefined {
    try {
      process.kill(pid, 0);
      return 'alive';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : undefined;
    }
  }

  /** There are no groups to signal: `taskkill` ends the tree, at once for SIGKILL, by asking for SIGTERM. */
  signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
    const force = signal === 'SIGKILL' ? ['/F'] : [];
    return spawnSync(`${SYSTEM_ROOT}\\System32\\taskkill.exe`, ['/PID', String(leader), '/T', ...force]).status === 0;
  }

  groupExists(leader: number): boolean {
    return this.processStart(leader) !== undefined;
  }

  leftoverGroups(): number[] {
    return [];
  }
}
