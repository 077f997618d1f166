import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootableDebian } from './bootable-debian';
import type { CleanMachine } from './clean-machine';
import { type Ended, execute } from './execute';
import { mustUnshare } from './real-machines';
import { until } from './stack';

/** A freshly installed Debian that really boots: systemd is its first process. It has this machine's network. */
export interface BootedMachine extends Pick<CleanMachine, 'run' | 'at' | 'close'> {
  /** Shuts it down and boots it again, as its own `reboot` does; its files stay. */
  reboot(): Promise<void>;
}

/**
 * Files that outlive a reboot: an overlay in memory above the image. systemd gets a part of the unified cgroups as its
 * root (all that it needs of them), and boots again as long as it ends by a reboot, which the kernel shows as SIGHUP.
 */
const KEEP = `
  set -e
  own=$(mktemp -d); mount -t tmpfs none "$own"
  mkdir "$own/upper" "$own/work" "$own/root"
  mount -t overlay none -o "lowerdir=$0,upperdir=$own/upper,workdir=$own/work" "$own/root"
  unified=$(sed -n 's/^[^-]* \\(\\/[^ ]*\\) .* - cgroup2 .*/\\1/p' /proc/self/mountinfo | sed 's/.* //' | head -n 1)
  group=$unified$(sed -n 's/^0:://p' /proc/self/cgroup)/muster-booted-$$
  mkdir "$group"
  code=129
  while [ "$code" -eq 129 ]; do
    code=0
    sh -c 'echo $$ >"$1/cgroup.procs"; exec setpriv --pdeathsig KILL unshare -m -p -C -u -i -f --kill-child sh -c "$2" "$0"' \\
      "$own/root" "$group" "$1" || code=$?
  done
  find "$group" -depth -type d -exec rmdir {} +`;

/** As systemd-nspawn prepares a container; the clock and the kernel's modules are this machine's and stay as they are. */
const BOOT = `
  set -e
  cd "$0"
  hostname muster-booted
  mount -t proc proc proc
  mount --bind proc/sys proc/sys
  mount -o remount,bind,ro proc/sys
  mount -t sysfs -o ro sysfs sys
  mount -t cgroup2 none sys/fs/cgroup
  mount -t tmpfs -o mode=755 none run
  mount -t tmpfs -o mode=755 none dev
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 none dev/pts
  for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "dev/\${node%:*}" c 1 "\${node#*:}"; done
  mknod -m 666 dev/tty c 5 0
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  pivot_root . mnt
  umount -l /mnt
  exec env -i container=muster PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
    setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio /lib/systemd/systemd </dev/null >/dev/null 2>&1`;

/**
 * It needs namespaces, and the unified cgroups somewhere, as all of today's systems have.
 * @throws Error with one sentence where this user may not boot one
 */
export async function bootedMachine(): Promise<BootedMachine> {
  mustUnshare('A machine that boots', ['-m', '-p', '-C', '-f'], 'mount -t tmpfs none /mnt');
  if (!readFileSync('/proc/self/mountinfo', 'utf8').includes(' - cgroup2 ')) {
    throw new Error('A machine that boots cannot be made here: the unified cgroups (cgroup2) are mounted nowhere.');
  }
  const image = await bootableDebian();
  const given = ['-m', '-f', '--kill-child', 'sh', '-c', KEEP, image, BOOT];
  const keeper = spawn('unshare', given, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
  let said = '';
  keeper.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  /** The keeper's shell, what boots, and what it booted: systemd. */
  const init = (): string => [1, 2, 3].reduce(childOf, String(keeper.pid));
  const run = (line: string): Promise<Ended> =>
    execute('nsenter', ['-t', init(), '-m', '-p', '-C', '-u', '-i', 'sh', '-c', `cd /\n${line}`]);
  const booted = async (before?: string): Promise<void> => {
    await until('the machine has booted', async () => {
      if (keeper.exitCode !== null) return true;
      return init() !== before && /^(running|degraded)$/.test((await run('systemctl is-system-running')).stdout.trim());
    });
    if (keeper.exitCode !== null) throw new Error(`the machine could not be booted:\n${said}`);
  };
  await booted();
  return {
    run,
    at: (path) => join('/proc', init(), 'root', path),
    reboot: async () => {
      const before = init();
      await run('systemctl reboot');
      await booted(before);
    },
    close: async () => {
      // Its end is none by a reboot, so that the keeper tidies up and ends.
      process.kill(Number(init()), 'SIGKILL');
      await ended;
    },
  };
}

const childOf = (pid: string): string => {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  if (!child) throw new Error(`process ${pid} has no child`);
  return child;
};
