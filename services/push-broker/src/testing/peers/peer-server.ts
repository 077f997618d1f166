import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, appendFileSync, constants, existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@muster/testing';

/** What every XMPP server under comparison is started with: the same domain, users and certificate. */
export interface PeerSettings {
  /** An empty folder of its own: configuration, data and log go there. */
  folder: string;
  domain: string;
  users: readonly { name: string; password: string }[];
  /** PEM file with key, certificate and chain. */
  certificate: string;
  /** PEM file of the authority whose certificates clients may sign in with, where the server can do that. */
  clientAuthority?: string;
  /**
   * `bench`: what a network of devices needs and nothing else, no limits on rates. `transcripts`: also the features that
   * transcripts ask for (stream management, offline messages, service discovery …).
   */
  purpose: 'bench' | 'transcripts';
}

export interface PeerServer {
  readonly name: string;
  readonly version: string;
  /** Port of direct TLS on 127.0.0.1. */
  readonly port: number;
  /** Port of STARTTLS. */
  readonly startTlsPort: number;
  /** Port of direct TLS where clients sign in by certificate, where the server can do that. */
  readonly certificatePort?: number;
  /** Port of the HTTPS interface, where the server has one. WebSockets are there too. */
  readonly httpPort?: number;
  /** The process that was started; its descendants belong to the server too. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** A Debian package that a comparison needs is not installed. */
export class MissingPackage extends Error {
  constructor(readonly packageName: string) {
    super(`The Debian package ${packageName} is missing; install it with: apt-get install ${packageName}`);
    this.name = 'MissingPackage';
  }
}

const PLACES = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];

/** Path of a program. @throws MissingPackage */
export function programOf(packageName: string, program = packageName): string {
  for (const place of PLACES) {
    const file = join(place, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  throw new MissingPackage(packageName);
}

/** Version of an installed Debian package, for reports; `unknown` where there is no dpkg. */
export function packageVersion(packageName: string): string {
  try {
    return execFileSync('dpkg-query', ['-W', '-f', '${Version}', packageName], { encoding: 'utf8' });
  } catch {
    return 'unknown';
  }
}

/** Free ports on loopback, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** Starts a server with as many open files as the system lets it have; what it prints goes to `log`. */
export function startServer(command: readonly string[], folder: string, env: Record<string, string>): Started {
  const log = join(folder, 'output.log');
  const raised = 'ulimit -n "$(ulimit -Hn)"; exec "$@"';
  const child = spawn('/bin/sh', ['-c', raised, 'sh', ...command], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const write = (bytes: Buffer): void => appendFileSync(log, bytes);
  child.stdout.on('data', write);
  child.stderr.on('data', write);
  return { child, log };
}

interface Started {
  child: ChildProcess;
  log: string;
}

/** Waits until a port takes connections. @throws with the end of the log when the server ends or takes too long */
export const untilListening = (server: Started, port: number): Promise<void> =>
  until(server, `port ${port} took connections`, () => accepts(port));

export async function until(server: Started, what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(100)) {
    if (server.child.exitCode !== null || server.child.signalCode !== null) break;
    if (await check()) return;
  }
  await stopServer(server.child);
  const said = existsSync(server.log) ? readFileSync(server.log, 'utf8').slice(-2000) : '';
  throw new Error(`a server ended or took too long before ${what}:\n${said}`);
}

/** Ends a server that `startServer` started: asks first, insists after ten seconds. */
export async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(insist);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => done(true));
    socket.on('connect', () => socket.destroy()).on('error', () => done(false));
  });
}
