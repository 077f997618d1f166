import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mustUnshare } from './real-machines';
import { until } from './stack';

export interface Pasted {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Process {
  /** As the machine counts. */
  pid: number;
  command: string;
}

/** Somewhere to paste an install line, and a look at what it left there. */
export interface Machine {
  /** Types a line into a shell there, as a person who pastes it does. */
  paste(line: string): Promise<Pasted>;
  /** Where one of the machine's files is for the tests. */
  at(path: string): string;
  /** All processes of what was installed: the agent, and what starts it again. */
  agentProcesses(): Process[];
  kill(pid: number): Promise<void>;
  close(): Promise<void>;
}

/** This machine, but everything is installed below a folder; needs no rights. */
export function belowPrefix(): Machine {
  const folder = mkdtempSync(join(tmpdir(), 'muster-install-'));
  const prefix = join(folder, "it's here");
  const at = (path: string): string => join(prefix, path);
  return {
    at,
    paste: (line) => typeInto(spawn('sh', [], { env: { ...process.env, MUSTER_PREFIX: prefix } }), line),
    agentProcesses: () => processesNaming(at('/opt/muster-agent'), '/proc'),
    kill: async (pid) => void process.kill(pid, 'SIGKILL'),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Copies of the folders that an installer of root writes to, thrown away at the end; and no service manager in reach. */
const OWN_FOLDERS = `
  set -e
  own=$(mktemp -d); mount -t tmpfs none "$own"
  for folder in opt etc var/lib; do
    mkdir -p "$own/$folder/upper" "$own/$folder/work"
    mount -t overlay none -o "lowerdir=/$folder,upperdir=$own/$folder/upper,workdir=$own/$folder/work" "/$folder"
  done
  umount -l "$own"; rmdir "$own"
  mount -t tmpfs none /run
  echo ready`;
const NAMESPACES = ['-m', '-p', '-f', '--kill-child', '--mount-proc'];

/**
 * This machine as root sees it, with folders and processes of its own: what is installed goes to the real places.
 * @throws Error with one sentence where this user may not have them
 */
export async function ownFolders(): Promise<Machine> {
  mustUnshare('A machine with folders of its own', NAMESPACES, OWN_FOLDERS);
  const script = `${OWN_FOLDERS}; while :; do sleep 60; done`;
  const keeper = spawn('unshare', [...NAMESPACES, 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
  let said = '';
  keeper.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until('the folders are mounted', async () => said.includes('ready'));
  const first = readFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`, 'utf8').trim();
  const inside = ['-t', first, '-m', '-p', '--wd=/'];
  const at = (path: string): string => join('/proc', first, 'root', path);
  return {
    at,
    paste: (line) => typeInto(spawn('nsenter', [...inside, 'sh']), line),
    agentProcesses: () => processesNaming('/opt/muster-agent', at('/proc')),
    kill: async (pid) => void (await promisify(execFile)('nsenter', [...inside, 'sh', '-c', `kill -KILL ${pid}`])),
    close: async () => {
      keeper.kill('SIGKILL');
      await ended;
    },
  };
}

async function typeInto(shell: ChildProcess, line: string): Promise<Pasted> {
  let [stdout, stderr] = ['', ''];
  shell.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  shell.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  shell.stdin?.end(`${line}\n`);
  const code = await new Promise<number>((resolve) => shell.once('close', (status) => resolve(status ?? -1)));
  return { code, stdout, stderr };
}

function processesNaming(text: string, proc: string): Process[] {
  const command = (pid: string): string => {
    try {
      return readFileSync(join(proc, pid, 'cmdline'), 'utf8').replaceAll('\0', ' ');
    } catch {
      return ''; // ended meanwhile
    }
  };
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid: Number(pid), command: command(pid) }))
    .filter((process) => process.command.includes(text));
}
