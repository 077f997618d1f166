import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { freePort } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ComposeStack } from '../stack/compose-stack';
import { CertificateMaker } from '../testing/bad-certificates';
import { CapturedTerminal } from '../testing/captured-terminal';
import { DockerEngine } from '../testing/docker-engine';
import { testFolder } from '../testing/folder';
import type { GivenAnswers } from './answers';
import type { SetupContext } from './context';
import { setupItsm } from './setup-itsm';
import { startStack, waitForHealth } from './start';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

/** Reads its configuration as a service does: all faults at once, exit code 78; else it runs. */
const SERVICE = `#!/bin/sh
case "$WEB_POLL_SECONDS" in *[!0-9]*)
  echo "The configuration of web has 1 fault(s):" >&2
  echo "  POLL_SECONDS: must be a whole number" >&2
  exit 78 ;;
esac
[ "$1" = --check-configuration ] && exit 0
exec node -e 'setInterval(() => undefined, 1000); process.on("SIGTERM", () => process.exit(0))'
`;
const COMPOSE = `
version: '3.7'
services:
  web: { image: 'stub:1', entrypoint: [service], ports: ['\${EDGE_PUBLISH:-443}:8443', '\${EDGE_HTTP_PUBLISH:-80}:8080'] }
  web-manager:
    image: 'stub:1'
    entrypoint: [service]
    restart: unless-stopped
    healthcheck: { test: [CMD-SHELL, 'exit 0'], interval: 1s }
    env_file: [.env]
    environment: { SERVICE_PORT: '9000', ITSM_DOMAIN: '\${ITSM_DOMAIN:?set ITSM_DOMAIN in .env}' }
secrets:
  nats-leaf: { file: ./secrets/nats-leaf }
`;

const folder = join(testFolder(), 'itsm');
const make = new CertificateMaker(testFolder());
const busy: Server[] = [];
let engine: DockerEngine;
let stack: ComposeStack;
/** Ports that the stack publishes. */
let [https, http] = [0, 0];
/** The .env file of the stack that runs. */
let before: string;

async function listen(port = 0): Promise<number> {
  const server = createServer().listen(port);
  busy.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const ADDRESSES = { address: ['192.0.2.10'], 'xmpp-address': ['192.0.2.11'] };

function contextFor(changes: Partial<SetupContext> & { force?: boolean; given?: GivenAnswers } = {}): SetupContext {
  const { force = false, ...more } = changes;
  return {
    ...{ server: 'itsm', folder, commands: engine.commands, stack, terminal: new CapturedTerminal() },
    given: {},
    lookup: async (name) => [name.startsWith('xmpp.') ? '192.0.2.11' : '192.0.2.10'],
    options: {
      ...{ version: '1.2.3', renew: false, force, checkOnly: false, start: true },
      ...{ waitSeconds: 60, joinHours: 24 },
    },
    ...more,
  };
}

/** What setup said when it refused. */
async function refused(changes: Parameters<typeof contextFor>[0] = {}): Promise<string> {
  const context = contextFor(changes);
  const end = await setupItsm(context).then(
    () => 'it was done',
    (error: Error) => error.message,
  );
  return `${(context.terminal as CapturedTerminal).told}\n${end}`;
}

const containers = (): string =>
  engine.docker([
    ...['inspect', '--format', '{{.Id}} {{.State.StartedAt}} {{.State.Running}} {{.RestartCount}}'],
    ...engine.docker(['ps', '--all', '--quiet', '--no-trunc']).split('\n').filter(Boolean).sort(),
  ]);
const files = (): string[] =>
  ['.env', 'certs/cert.crt', 'certs/cert.key', 'secrets/nats-leaf', 'docker-compose.yml'].map((name) =>
    readFileSync(join(folder, name), 'utf8'),
  );
const change = (from: RegExp, to: string): void =>
  writeFileSync(join(folder, '.env'), readFileSync(join(folder, '.env'), 'utf8').replace(from, to));

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'docker-compose.yml'), COMPOSE);
  [https, http] = [await freePort(), await freePort()];
  writeFileSync(join(folder, '.env'), `EDGE_PUBLISH=${https}\nEDGE_HTTP_PUBLISH=${http}\nWEB_POLL_SECONDS=60\n`);
  engine = await DockerEngine.start();
  engine.importImage('stub:1', { service: SERVICE });
  stack = new ComposeStack(folder, engine.commands);
  await setupItsm(contextFor({ force: true, given: { domain: 'itsm.company.test', ...ADDRESSES } }));
  before = readFileSync(join(folder, '.env'), 'utf8');
  // As on a host, where Docker's own proxy holds what containers publish.
  await listen(https);
});
afterAll(async () => {
  for (const server of busy) server.close();
  await engine?.stop();
});

describe('setup beside a stack that runs', () => {
  let picture: { containers: string; files: string[] };
  beforeEach(() => {
    writeFileSync(join(folder, '.env'), before);
    picture = { containers: containers(), files: files() };
  });
  const unchanged = () => expect({ containers: containers(), files: files() }).toEqual(picture);

  it('takes the ports of the stack itself for free, and changes nothing', async () => {
    const context = contextFor({ force: true });
    expect((await setupItsm(context)).changed).toEqual([]);
    expect((context.terminal as CapturedTerminal).told).not.toContain(`Port ${https}`);
    expect(containers()).toBe(picture.containers);
  });

  it.each<[string, string, () => Promise<string>, RegExp]>([
    [
      'a variable that a service does not take',
      'configuration-faulty',
      async () => {
        change(/WEB_POLL_SECONDS=.*/, 'WEB_POLL_SECONDS=soon');
        return refused();
      },
      /The service web-manager would not start: POLL_SECONDS must be a whole number\./,
    ],
    [
      'a variable that the stack demands and nobody has set',
      'stack-unreadable',
      async () => {
        const file = join(folder, 'docker-compose.yml');
        writeFileSync(file, COMPOSE.replace('EDGE_PUBLISH:-443', 'EXTRA_PORT:?set EXTRA_PORT in .env'));
        return refused().finally(() => writeFileSync(file, COMPOSE));
      },
      /Compose cannot read the stack: .*set EXTRA_PORT in \.env/,
    ],
    [
      'a variable that cannot be what it is',
      'variable-faulty',
      async () => {
        change(/EDGE_PUBLISH=.*/, 'EDGE_PUBLISH=https');
        return refused();
      },
      /EDGE_PUBLISH is "https", which is not a port or ADDRESS:PORT\./,
    ],
    [
      'variables that contradict each other',
      'variables-same-port',
      async () => {
        change(/EDGE_PUBLISH=.*/, `EDGE_PUBLISH=${http}`);
        return refused();
      },
      /EDGE_PUBLISH and EDGE_HTTP_PUBLISH both publish port \d+\./,
    ],
    [
      'an answer that contradicts the .env file',
      '',
      () => refused({ given: { domain: 'other.company.test' } }),
      /ITSM_DOMAIN is "itsm.company.test" and would become "other.company.test"/,
    ],
    [
      'a port that another program has',
      'port-in-use',
      async () => {
        change(/EDGE_PUBLISH=.*/, `EDGE_PUBLISH=${await listen()}`);
        return refused();
      },
      /Port \d+ \(TCP\) is in use by another program, and the edge needs it\./,
    ],
    [
      'a name that points elsewhere',
      'name-elsewhere',
      () => refused({ lookup: async () => ['198.51.100.7'] }),
      /The name itsm\.company\.test points to 198\.51\.100\.7 and not to 192\.0\.2\.10\./,
    ],
    [
      'a certificate for other names',
      '',
      async () => {
        make.authority('root', 'Company root');
        make.server('other', ['itsm.elsewhere.test'], 'root');
        const given = { certificate: make.file('other.crt'), key: make.file('other.key'), root: make.file('root.crt') };
        return refused({ force: true, certificate: given });
      },
      /is not for itsm\.company\.test, .*; it is for itsm\.elsewhere\.test/,
    ],
  ])('refuses %s, and all is as before', async (_what, code, attempt, sentence) => {
    const said = await attempt();
    expect(said).toMatch(sentence);
    if (code) expect(said).toContain(`[${code}]`);
    expect(said).not.toContain('it was done');
    const edited = readFileSync(join(folder, '.env'), 'utf8');
    writeFileSync(join(folder, '.env'), before);
    unchanged();
    // Nothing was added to what the administrator wrote either.
    expect(edited.split('\n').length).toBe(before.split('\n').length);
  });

  it('says what a service lacks that never starts, as soon as it has ended for it', async () => {
    change(/WEB_POLL_SECONDS=.*/, 'WEB_POLL_SECONDS=soon');
    const terminal = new CapturedTerminal();
    await startStack(folder, engine.commands, terminal);
    const since = Date.now();
    await expect(waitForHealth(stack, 100, terminal, 200)).rejects.toMatchObject({
      exitCode: 78,
      message: 'The service web-manager does not start: POLL_SECONDS must be a whole number.',
    });
    expect(Date.now() - since).toBeLessThan(100_000);
  });
});
