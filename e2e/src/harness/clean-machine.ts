import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, execute } from './execute';
import { mustUnshare } from './real-machines';
import { project, until } from './stack';

/** Where images of systems survive between runs; they are made once, from Debian's archive. */
const IMAGES = process.env['MUSTER_CACHE'] ?? '/var/tmp/muster-images';

/**
 * A freshly installed Debian with processes and files of its own and this machine's network: no Node.js, no systemd that
 * runs, nothing of Muster. What happens in it is gone with it.
 */
export interface CleanMachine {
  /** Runs a line of shell in it, as root. */
  run(line: string): Promise<Ended>;
  /** Runs a program of this machine on it: `ROOT` among the arguments is the folder of its files. */
  outside(...command: string[]): Promise<Ended>;
  /** Where one of its files is for the tests. */
  at(path: string): string;
  close(): Promise<void>;
}

const START = `
  set -e
  own=$(mktemp -d); mount -t tmpfs none "$own"
  mkdir "$own/upper" "$own/work" "$own/root"
  mount -t overlay none -o "lowerdir=$0,upperdir=$own/upper,workdir=$own/work" "$own/root"
  mount -t proc proc "$own/root/proc"
  mount -t tmpfs none "$own/root/run"
  mount --bind /dev "$own/root/dev"
  echo "$own/root"
  while :; do sleep 60; done`;

/** @throws Error with one sentence where this user may not make one */
export async function cleanMachine(): Promise<CleanMachine> {
  mustUnshare('A clean machine', ['-m', '-p', '-f'], 'mount -t tmpfs none /mnt');
  const image = await debian();
  const given = ['-m', '-p', '-f', '--kill-child', '--mount-proc', 'sh', '-c', START, image];
  const keeper = spawn('unshare', given, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
  let said = '';
  keeper.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('the machine is there', async () => said.endsWith('/root\n'));
  const root = said.trim();
  const first = readFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`, 'utf8').trim();
  const inside = ['-t', first, '-m', '-p', '--wd=/'];
  return {
    run: (line) => execute('nsenter', [...inside, 'chroot', root, 'sh', '-c', line]),
    outside: (...command) => execute('nsenter', [...inside, ...command.map((word) => word.replace('ROOT', root))]),
    at: (path) => join('/proc', first, 'root', root, path),
    close: async () => {
      keeper.kill('SIGKILL');
      await ended;
    },
  };
}

/** The folder of the image, that which e2e-compose's devices have too. @throws Error with what went wrong when there is none */
async function debian(): Promise<string> {
  const made = await execute(join(project, 'e2e-compose/stand-ins.sh'), [IMAGES, 'device'], process.env);
  if (made.code !== 0) throw new Error(`a Debian could not be installed:\n${made.stdout}${made.stderr}`);
  const recipe = readFileSync(join(IMAGES, 'device.recipe'), 'utf8').trim();
  const image = join(IMAGES, `device-${recipe}`);
  if (existsSync(image)) return image;
  const draft = mkdtempSync(join(IMAGES, '.unpacking-'));
  try {
    const unpacked = await execute('tar', ['-xpf', join(IMAGES, 'device.tar'), '-C', draft]);
    if (unpacked.code !== 0) throw new Error(`the Debian could not be unpacked:\n${unpacked.stderr}`);
    if (!existsSync(image)) renameSync(draft, image);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return image;
}
