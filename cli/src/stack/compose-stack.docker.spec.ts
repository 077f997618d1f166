import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { serviceCheck } from '../checks/services';
import { EXIT } from '../core/exit-codes';
import { leafLinkCheck, natsCheck } from '../checks/link';
import { Commands } from '../site/commands';
import { startStack, waitForHealth } from '../setup/start';
import { CapturedTerminal } from '../testing/captured-terminal';
import { DockerEngine } from '../testing/docker-engine';
import { testFolder } from '../testing/folder';
import { ComposeStack } from './compose-stack';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

/** Answers on the ports of a service and of NATS's monitoring, on loopback as they do. */
const SERVER = `#!/bin/sh
[ "$1" = once ] && exit 0
[ "$1" = broken ] && { echo "EDGE_SECRET is missing"; exit 78; }
exec node -e '
const answer = (request, reply) => {
  const found = { "/-/health/ready": { ready: true, checks: { running: true } }, "/leafz": { leafnodes: 0 },
    "/healthz": { status: "ok" }, "/jsz": { storage: 90, config: { max_storage: 100 } } }[request.url.split("?")[0]];
  reply.statusCode = found ? 200 : 404;
  reply.end(JSON.stringify(found ?? {}));
};
const { createServer } = require("node:http");
for (const port of [9000, 8222]) createServer(answer).listen(port, "127.0.0.1");
console.log("Listening.");
process.on("SIGTERM", () => process.exit(0));'
`;

const COMPOSE = `
services:
  web: { image: 'stub:1', command: [server], healthcheck: { test: [CMD, ready], interval: 1s } }
  nats: { image: 'stub:1', command: [server], restart: unless-stopped }
  postgres: { image: 'stub:1', command: [server], restart: unless-stopped }
  database: { image: 'stub:1', command: [server, once], restart: 'no' }
secrets:
  postgres-admin: { file: ./secrets/postgres-admin }
`;

const folder = join(testFolder(), 'itsm');
const terminal = new CapturedTerminal();
let engine: DockerEngine;
let stack: ComposeStack;

beforeAll(async () => {
  mkdirSync(join(folder, 'secrets'), { recursive: true });
  writeFileSync(join(folder, 'docker-compose.yml'), `version: '3.7'\n${COMPOSE}`);
  writeFileSync(join(folder, '.env'), 'ITSM_DOMAIN=itsm.company.test\nCOMPOSE_PROJECT_NAME=muster-test\n');
  writeFileSync(join(folder, 'secrets/postgres-admin'), 'pass/word');
  engine = await DockerEngine.start();
  engine.importImage('stub:1', {
    server: SERVER,
    ready: '#!/bin/sh\nexec node -e "fetch(\'http://127.0.0.1:9000/-/health/ready\')"\n',
  });
  stack = new ComposeStack(folder, engine.commands);
});
afterAll(() => engine?.stop());

describe('a stack on a real Docker engine', () => {
  it('is absent, is started, and is waited for until it is well', async () => {
    expect(await serviceCheck(stack, folder).run()).toMatchObject([{ code: 'stack-absent' }]);
    await startStack(folder, engine.commands, terminal);
    await waitForHealth(stack, 60, terminal, 200);
    expect((await stack.parts()).map(({ name, state }) => [name, state])).toEqual([
      ['database', 'done'],
      ['nats', 'running'],
      ['postgres', 'running'],
      ['web', 'running'],
    ]);
    expect((await serviceCheck(stack, folder).run()).every(({ verdict }) => verdict === 'ok')).toBe(true);
  });

  it('answers what only its own containers can reach, and shows its logs', async () => {
    expect(JSON.parse((await stack.fetch('web', '/-/health/ready')).body)).toMatchObject({ ready: true });
    await expect(stack.fetch('database', '/-/health/ready')).rejects.toThrow(/not running/);
    await expect(stack.fetch('nothing', '/')).rejects.toMatchObject({ exitCode: 66 });
    expect(await stack.lastLines('web', 10)).toBe('Listening.\n');
    expect(await stack.databaseUrl()).toMatch(
      /^postgres:\/\/muster_admin:pass%2Fword@\d+\.\d+\.\d+\.\d+:5432\/postgres$/,
    );
    expect(await natsCheck(stack, ['nats']).run()).toMatchObject([{ code: 'store-filling' }]);
    expect(await leafLinkCheck(stack, 'nats', 'itsm.company.test').run()).toMatchObject([{ code: 'leaf-link-down' }]);
  });

  it('has a service that was killed, one that was removed, and one that ends again and again: each is named', async () => {
    const containerOf = (service: string) =>
      engine.docker(['ps', '--all', '--quiet', '--filter', `label=com.docker.compose.service=${service}`]).trim();
    engine.docker(['kill', containerOf('web')]);
    engine.docker(['rm', '--force', containerOf('postgres'), containerOf('nats')]);
    const labels = (service: string) => [
      ...['--label', 'com.docker.compose.project=muster-test', '--label', `com.docker.compose.service=${service}`],
    ];
    engine.docker(['run', '--detach', '--restart', 'always', ...labels('nats'), 'stub:1', 'server', 'broken']);
    const found = await eventually(
      async () => {
        const findings = await serviceCheck(stack, folder).run();
        return findings.some(({ code }) => code === 'service-restarting') && findings;
      },
      { within: 60_000, every: 300 },
    );
    expect(found.map(({ code, sentence }) => [code, sentence.replace(/\d+ restarts/, 'N restarts')])).toEqual([
      [undefined, 'database is done.'],
      ['service-restarting', expect.stringContaining('The service nats ends again and again: N restarts')],
      ['service-down', 'The service postgres is down: it has no container.'],
      ['service-down', 'The service web is down: it was killed.'],
    ]);
    expect(await stack.lastLines('nats', 1)).toContain('EDGE_SECRET is missing');
    await expect(waitForHealth(stack, 1, terminal, 200)).rejects.toMatchObject({ exitCode: EXIT.config });
  });

  it('cannot be started from a file that compose refuses: its own words', async () => {
    writeFileSync(join(folder, 'docker-compose.yml'), "version: '3.7'\nservices: { web: { imaeg: x } }\n");
    await expect(startStack(folder, engine.commands, terminal)).rejects.toThrow(/could not be started: .+/);
  });
});

describe('without an engine', () => {
  it('says so, and what to do', async () => {
    const commands = new Commands({ ...process.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    await expect(new ComposeStack(folder, commands).parts()).rejects.toMatchObject({
      exitCode: 69,
      message: expect.stringContaining('Docker does not answer'),
    });
  });
});
