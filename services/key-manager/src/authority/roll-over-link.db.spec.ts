import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, eventually, freePort } from '@muster/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';

const script = join(import.meta.dirname, '../../../../certs-templates/make-certs.sh');
const dir = mkdtempSync(join(tmpdir(), 'muster-link-'));
const authority = join(dir, 'authority');
const makeCerts = (...words: string[]): string =>
  execFileSync('sh', [script, ...words], { stdio: 'pipe', encoding: 'utf8' });

const running: Child[] = [];
const ports = { clients: 0, monitor: 0, leaves: 0 };

function natsServer(name: string, config: string): Child {
  const file = join(dir, `${name}.conf`);
  writeFileSync(file, config);
  const child = new Child(process.env['NATS_SERVER'] ?? 'nats-server', ['-c', file]);
  running.push(child);
  return child;
}

const leaves = async (): Promise<number> => {
  const reply = await fetch(`http://127.0.0.1:${ports.monitor}/leafz`);
  return ((await reply.json()) as { leafnodes: number }).leafnodes;
};

beforeAll(async () => {
  makeCerts('init', authority, 'Example');
  makeCerts('roll', authority, 'Example');
  makeCerts('server', authority, join(dir, 'server'), 'localhost');
  Object.assign(ports, { clients: await freePort(), monitor: await freePort(), leaves: await freePort() });
  natsServer(
    'hub',
    `listen: 127.0.0.1:${ports.clients}
     http: 127.0.0.1:${ports.monitor}
     leafnodes {
       listen: 127.0.0.1:${ports.leaves}
       tls { cert_file: "${join(dir, 'server/cert.crt')}", key_file: "${join(dir, 'server/cert.key')}" }
     }`,
  );
  await eventually(async () => (await leaves()) === 0);
}, 120_000);
afterAll(async () => {
  for (const child of running) await child.stop('SIGKILL');
  rmSync(dir, { recursive: true });
});

// Go reads certificates in its own way, and nats-server is the one program of the suite that is written in it.
describe('the link between the servers, after a roll-over', () => {
  it.each(['root-1', 'root-2'])('is built by a nats-server that knows %s alone', async (root) => {
    const leaf = natsServer(
      root,
      `listen: 127.0.0.1:${await freePort()}
       leafnodes {
         remotes: [{ url: "tls://localhost:${ports.leaves}", tls { ca_file: "${join(authority, 'roots', `${root}.crt`)}" } }]
       }`,
    );
    await eventually(
      async () => {
        if ((await leaves()) !== 1) throw new Error(leaf.lastOutput);
        return true;
      },
      { within: 30_000 },
    );
    await leaf.stop('SIGKILL');
    await eventually(async () => (await leaves()) === 0);
  });
});
