import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import type { HardwareIdentity, Language } from '@muster/contracts';
import { InstanceLock, type Lock } from '../state/lock';
import { basicFacts, currentUser, diskAt, networks } from './basic-facts';
import { findInterpreter } from './interpreters';
import type { Interpreter, Platform, PlatformFacts } from './platform';
import { POSIX_PATH, posixProcessStart, signalPosixGroup } from './posix-processes';

/** Written from documentation, its parts tested on made-up answers: no macOS machine is part of the tests. */
export class MacPlatform implements Platform {
  readonly groups = true;
  private version?: string;

  facts(): PlatformFacts {
    const basic = basicFacts('macos');
    // A newer system means a restart, so that it is asked once.
    this.version ??= output('/usr/bin/sw_vers', ['-productVersion']).trim() || basic.osVersion;
    return { ...basic, osName: 'macOS', osVersion: this.version, disks: diskAt('/', 'apfs') };
  }

  hardware(): HardwareIdentity {
    const macs = [...new Set(networks().map(({ mac }) => mac))].sort();
    return { ...identityOf(output('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice'])), macs };
  }

  interpreter(language: Language): Interpreter | undefined {
    return findInterpreter(language, `/opt/homebrew/bin:${POSIX_PATH}`);
  }

  scriptEnvironment(): Record<string, string> {
    const user = currentUser() ?? 'root';
    return { PATH: POSIX_PATH, HOME: homedir(), USER: user, LOGNAME: user, LANG: 'en_US.UTF-8' };
  }

  lock(path: string): Lock {
    return InstanceLock.acquire(path, posixProcessStart);
  }

  locked(path: string): boolean {
    return InstanceLock.holder(path, posixProcessStart) !== undefined;
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

/** What `ioreg` tells of the machine: lines of `"IOPlatformUUID" = "…"`. */
export function identityOf(text: string): Pick<HardwareIdentity, 'systemUuid' | 'serialNumber'> {
  const value = (name: string): string | undefined => new RegExp(`"${name}" = "([^"]+)"`).exec(text)?.[1];
  return { systemUuid: value('IOPlatformUUID')?.toLowerCase(), serialNumber: value('IOPlatformSerialNumber') };
}

/** Of a program of the system; nothing when it fails or takes long. */
function output(program: string, given: string[]): string {
  const { status, stdout } = spawnSync(program, given, {
    encoding: 'utf8',
    timeout: 10_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout : '';
}
