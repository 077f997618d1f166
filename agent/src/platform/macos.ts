import { homedir } from 'node:os';
import type { HardwareIdentity, Language } from '@muster/contracts';
import { basicFacts, currentUser, networks } from './basic-facts';
import { findInterpreter } from './interpreters';
import type { Interpreter, Platform, PlatformFacts } from './platform';
import { POSIX_PATH, signalPosixGroup } from './posix-processes';

/** Written from documentation and type-checked only: no macOS machine is part of the tests. */
export class MacPlatform implements Platform {
  facts(): PlatformFacts {
    return { ...basicFacts('macos'), osName: 'macOS' };
  }

  hardware(): HardwareIdentity {
    return { macs: [...new Set(networks().map(({ mac }) => mac))].sort() };
  }

  interpreter(language: Language): Interpreter | undefined {
    return findInterpreter(language, `/opt/homebrew/bin:${POSIX_PATH}`);
  }

  scriptEnvironment(): Record<string, string> {
    const user = currentUser() ?? 'root';
    return { PATH: POSIX_PATH, HOME: homedir(), USER: user, LOGNAME: user, LANG: 'en_US.UTF-8' };
  }

  /** Only whether it lives: start times need a program or native code here. */
  processStart(pid: number): string | undefined {
    try {
      process.kill(pid, 0);
      return 'alive';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : undefined;
    }
  }

  signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
    return signalPosixGroup(leader, signal);
  }

  groupExists(leader: number): boolean {
    return signalPosixGroup(leader, 0);
  }

  /** Nothing can be proved without reading other processes' environments, so nothing is killed. */
  leftoverGroups(): number[] {
    return [];
  }
}
