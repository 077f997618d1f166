import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Ran, run, until } from './harness/commands';
import { itsm, topology } from './harness/servers';
import { startFrom } from './harness/starting-point';

const ENV = join(itsm.folder, '.env');
const KEPT = ['certs/cert.crt', 'certs/cert.key', 'docker-compose.yml', 'secrets/nats-leaf'];
let before: string;
let picture: unknown;
let program: ChildProcess | undefined;

/** Every container with its start, and what its files hold. */
async function pictureOf(): Promise<unknown> {
  const containers = [...(await itsm.containers())].map(([name, { State }]) => [name, State.Status, State.StartedAt]);
  return [containers.sort(), KEPT.map((name) => readFileSync(join(itsm.folder, name), 'utf8'))];
}
/** With the command of the version that runs. */
const setup = (...words: string[]): Promise<Ran> =>
  itsm.musterOf(itsm.version ?? '', 'setup', 'itsm', '--dir', itsm.folder, ...words);
/** What an administrator writes at the end of the file counts. */
const write = (line: string): void => writeFileSync(ENV, `${before}\n${line}\n`);

beforeAll(() => startFrom({ version: 'any' }), 600_000);
beforeEach(async () => {
  before = readFileSync(ENV, 'utf8');
  picture = await pictureOf();
});
afterEach(() => {
  program?.kill();
  writeFileSync(ENV, before);
});

describe('setup beside a server that runs', () => {
  const refused = async ({ code, stdout, stderr }: Ran, sentence: RegExp): Promise<void> => {
    expect({ code, stdout }).toEqual({ code: expect.any(Number), stdout: '' });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(sentence);
    expect(await pictureOf()).toEqual(picture);
    expect(await itsm.unwell()).toEqual([]);
  };

  it('refuses a variable that services do not take: each is asked, and none of what runs is touched', async () => {
    write('WEB_POLL_SECONDS=soon');
    const ran = await setup();
    await refused(ran, /The service web-manager would not start: POLL_SECONDS .+\. \[configuration-faulty\]/);
    expect(ran.stderr).toContain('The service web-worker would not start');
    expect(ran.stderr).not.toContain('The service key-manager would not start');
  });

  it('refuses variables that contradict each other', async () => {
    write('EDGE_HTTP_PUBLISH=443');
    await refused(await setup('--no-start'), /EDGE_PUBLISH and EDGE_HTTP_PUBLISH both publish port 443\./);
  });

  it('refuses a port that another program has, and takes its own for free', async () => {
    const listen = 'import socket; s = socket.create_server(("", 8081)); print("ready", flush=True); s.accept()';
    program = spawn('nsenter', [...topology.at('itsm'), 'python3', '-c', listen], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    program.stdout?.on('data', (text: Buffer) => (said += text.toString()));
    await until('the port is taken', async () => said.includes('ready'));
    write('EDGE_HTTP_PUBLISH=8081');
    const ran = await setup('--no-start');
    await refused(ran, /Port 8081 \(TCP\) is in use by another program, and the redirect to HTTPS needs it\./);
    expect(ran.stderr).not.toContain('Port 443');
  });

  it('refuses a certificate for other names, also with --force', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-bad-'));
    try {
      const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
      const subject = ['-subj', '/CN=elsewhere.test', '-addext', 'subjectAltName=DNS:elsewhere.test'];
      const out = ['-keyout', key, '-out', certificate];
      await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '9', ...subject, ...out]);
      const ran = await setup(
        '--force',
        '--no-start',
        '--certificate',
        certificate,
        '--key',
        key,
        '--root',
        certificate,
      );
      await refused(ran, /is not for itsm\.muster\.test, .+; it is for elsewhere\.test\./);
      expect(ran.code).toBe(65);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
