import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CannotRun } from '../cannot-run.mjs';
import { makeCertificates } from '../push-broker/certificates.mjs';
import { Client } from './client-process.mjs';
import { checkPackages, newFolder, SERVERS } from './servers.mjs';

const DOMAIN = 'xmpp.bench.test';
/** Descriptors that server and client need besides those of the connections. */
const SPARE_FILES = 500;

export const say = (text) => console.error(`[${new Date().toISOString().slice(11, 19)}] ${text}`);
export const mib = (kib) => Math.round(kib / 102.4) / 10;
export const names = (count) => Array.from({ length: count }, (_, i) => `client-${String(i).padStart(6, '0')}`);

/** @throws CannotRun when a process may not open as many connections */
export function checkDescriptors(connections) {
  const hard = Number(/Max open files\s+\S+\s+(\S+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
  const needed = connections + SPARE_FILES;
  if (hard < needed)
    throw new CannotRun(
      `${connections} connections need ${needed} open files in one process, and the limit is ${hard} (ulimit -Hn).`,
    );
}

/**
 * Our broker with accounts and a client, for the runs that look at it alone. Calls `work`, prints what it returns as one
 * JSON object, and ends the process.
 */
export async function withLoneBroker(connections, work) {
  const root = mkdtempSync(join(tmpdir(), 'muster-bench-broker-'));
  let status = 0;
  let server;
  let client;
  try {
    checkPackages(['muster']);
    checkDescriptors(connections);
    const made = await makeCertificates(DOMAIN, []);
    const users = names(connections).map((name) => ({ name, password: randomBytes(16).toString('hex') }));
    const folder = newFolder(root, 'muster');
    const certificate = join(folder, 'server.pem');
    writeFileSync(certificate, made.serverPem);
    server = await SERVERS.muster({ folder, domain: DOMAIN, users, certificate, purpose: 'bench' });
    client = new Client();
    const where = { port: server.port, domain: DOMAIN, ca: made.rootPem, users };
    say(`${server.version}: started`);
    const report = await work({ server, client, where });
    console.log(JSON.stringify({ connections, version: server.version, ...report }, undefined, 2));
  } catch (error) {
    console.error(error instanceof CannotRun ? error.message : error);
    status = 1;
  } finally {
    client?.end();
    await server?.stop();
    rmSync(root, { recursive: true, force: true });
  }
  process.exit(status);
}
