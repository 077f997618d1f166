import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Ran, ran, run, until } from './commands';
import { imageCache } from './images';
import type { Topology } from './topology';

/** Files above the image in memory, which go with the machine; and what is lent of this machine, at its own path. */
const PREPARE = `
  set -e
  own=$(mktemp -d); mount -t tmpfs none "$own"
  mkdir "$own/upper" "$own/work" "$own/root"
  root=$own/root
  mount -t overlay none -o "lowerdir=$IMAGE,upperdir=$own/upper,workdir=$own/work" "$root"
  for path in $LENT; do
    if [ -d "$path" ]; then mkdir -p "$root$path"; else mkdir -p "$root\${path%/*}"; touch "$root$path"; fi
    mount --bind "$path" "$root$path"
  done
  unified=$(sed -n 's/^[^-]* \\(\\/[^ ]*\\) .* - cgroup2 .*/\\1/p' /proc/self/mountinfo | sed 's/.* //' | head -n 1)
  group=$unified$(sed -n 's/^0:://p' /proc/self/cgroup)/muster-booted-$$
  mkdir "$group"
  ROOT=$root GROUP=$group sh -c 'echo $$ >"$GROUP/cgroup.procs"
    exec setpriv --pdeathsig KILL unshare -m -p -C -u -i -f --kill-child sh -c "$BOOT"' || true
  find "$group" -depth -type d -exec rmdir {} +`;

/** As systemd-nspawn prepares a container; the clock is this machine's and stays as it is. */
const BOOT = `
  set -e
  cd "$ROOT"
  hostname booted
  mount -t proc proc proc
  mount --bind proc/sys proc/sys
  mount -o remount,bind,ro proc/sys
  mount -t sysfs -o ro sysfs sys
  mount -t cgroup2 none sys/fs/cgroup
  mount -t tmpfs -o mode=755 none run
  touch run/docker.sock
  mount --bind "$SOCKET" run/docker.sock
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

export interface Lent {
  /** Files and folders of this machine. */
  paths: readonly string[];
  /** Where its Docker engine listens. */
  socket: string;
}

/** A server on which systemd is the first process, on the ITSM server's network and with its Docker engine. */
export class Booted {
  private constructor(private readonly keeper: ChildProcess) {}

  /** @throws Error with what was said when it does not come up */
  static async start(topology: Topology, { paths, socket }: Lent): Promise<Booted> {
    const env = { ...process.env, IMAGE: await bootable(), LENT: paths.join(' '), SOCKET: socket, BOOT };
    const args = [...topology.at('itsm'), 'unshare', '-m', '-f', '--kill-child', 'sh', '-c', PREPARE];
    // Whatever ends these tests ends it too.
    const keeper = spawn('setpriv', ['--pdeathsig', 'KILL', 'nsenter', ...args], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    keeper.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
    const booted = new Booted(keeper);
    await until('systemd has booted', async () => {
      if (keeper.exitCode !== null) throw new Error(said);
      const { stdout } = await booted.run('systemctl is-system-running');
      return /^(running|degraded)$/.test(stdout.trim());
    });
    return booted;
  }

  /** A line typed there by root. */
  run(line: string): Promise<Ran> {
    const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };
    return ran('nsenter', ['-t', this.first, '-m', '-p', '-C', '-u', '-i', '-n', 'sh', '-c', `cd /\n${line}`], { env });
  }

  /** Its end tidies up what it was made of. */
  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.keeper.once('exit', () => resolve()));
    process.kill(Number(this.first), 'SIGKILL');
    await ended;
  }

  /** systemd: what the keeper's shell has unshared has started it. */
  private get first(): string {
    return (
      [1, 2, 3].reduce((pid) => {
        const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
        if (!child) throw new Error(`process ${pid} has no child`);
        return Number(child);
      }, this.keeper.pid ?? 0) + ''
    );
  }
}

/** The smallest Debian that boots; made once, from Debian's archive. */
async function bootable(): Promise<string> {
  const image = join(imageCache(), 'bookworm-booting');
  if (existsSync(image)) return image;
  mkdirSync(imageCache(), { recursive: true });
  const draft = mkdtempSync(join(imageCache(), '.making-'));
  try {
    const mirror = process.env['MUSTER_DEBIAN_MIRROR'];
    const packages = '--include=systemd-sysv,curl,ca-certificates,procps';
    await run('debootstrap', ['--variant=minbase', packages, 'bookworm', draft, ...(mirror ? [mirror] : [])]);
    if (!existsSync(image)) renameSync(draft, image);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return image;
}
