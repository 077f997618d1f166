import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { caBundle, type InstallerList } from '@muster/contracts';
import { createService, loadConfig } from '@muster/service-kit';
import { eventually, startNats, type TestNats } from '@muster/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppModule } from '../app.module';
import { BipConfig } from '../bip.config';
import { Edge, HOST } from '../testing/edge';
import { type Keys, startKeys } from '../testing/key-manager.fixture';
import { OpensslAuthority } from '../testing/openssl-authority';

const EDGE_SECRET = 'edge-secret-for-tests';
const KEY = 'k_0123456789abcdefghijklmnopqrstuvwxyz';
const PROJECT = resolve(import.meta.dirname, '../../../..');

// Each installation unpacks a hundred megabytes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

/** Everything that a key opens. */
const GATED = [
  'install.sh',
  'installers',
  'payload/linux-x64',
  'packages/muster-agent_0.1.0_amd64.deb',
  'packages/muster-agent_0.1.0_amd64.deb/sha256',
  'packages/muster-agent_0.1.0_amd64.deb/sig',
  'agent/main.mjs',
  'agent/launcher.mjs',
  'node/linux-x64',
];

let folder: string;
let nats: TestNats;
let authority: OpensslAuthority;
let keys: Keys;
let stopKeys: () => Promise<void>;
let app: NestFastifyApplication;
let bipPort = 0;
let edge: Edge;
let prefix: string;

/** The agent of this very source, built beside the tests so that nobody else's build is touched. */
function buildAgent(): string {
  const output = join(folder, 'agent');
  execFileSync(process.execPath, ['tools/bundle.mjs', 'agent', output], { cwd: PROJECT, stdio: 'pipe' });
  return output;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-bip-'));
  authority = new OpensslAuthority(folder);
  nats = await startNats();
  ({ keys, stop: stopKeys } = await startKeys(nats));
  keys.anchors = [authority.rootPem, new OpensslAuthority(folder, 'next').rootPem];
  keys.known.set(KEY, undefined);
  edge = new Edge(authority, EDGE_SECRET, () => bipPort);
  await edge.start();
  const { url, user, password } = nats.credentials('bip');
  const config = loadConfig(BipConfig, 'bip', {
    NATS_URL: url,
    NATS_USER: user,
    NATS_PASSWORD: password,
    EDGE_SECRET,
    ITSM_DOMAIN: HOST,
    ITSM_WEB_IP: '127.0.0.1',
    EDGE_PORT: String(edge.port),
    AGENT_DIR: buildAgent(),
    LOG_LEVEL: 'fatal',
    PACKAGE_CACHE_DIR: join(folder, 'cache'),
    PACKAGE_COMPRESSION: '1',
    PACKAGE_DOWNLOADS_AT_ONCE: '3',
  });
  app = await createService({ service: 'bip', module: AppModule, config: BipConfig }, config);
  await app.listen(0, '127.0.0.1');
  bipPort = Number(new URL(await app.getUrl()).port);
  await eventually(async () => (await get('/ca.crt')).status === 200);
});
afterAll(async () => {
  await app?.close();
  await edge?.stop();
  await stopKeys?.();
  await nats?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  prefix = join(mkdtempSync(join(folder, 'device-')), "it's here");
  edge.enrolments.length = 0;
  edge.syncs.length = 0;
  edge.refuseEnrolment = false;
  edge.uninstallToken = undefined;
  edge.answersUninstall = true;
});
afterEach(async () => {
  if (existsSync(prefix)) await script('uninstall', ['--purge']);
});

const SENT_BY_EDGE = { 'x-muster-edge': EDGE_SECRET };
const urlOf = (path: string): string => `http://127.0.0.1:${bipPort}${path}`;
const get = (path: string): Promise<Response> => fetch(urlOf(path), { headers: SENT_BY_EDGE });

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}
const run = (program: string, given: string[], env: NodeJS.ProcessEnv = process.env): Promise<Ended> =>
  new Promise((done) => {
    execFile(program, given, { env }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });

/** Fetches a script as the line to paste does and runs it below the prefix. */
async function script(name: 'install' | 'uninstall', given: string[] = [], env?: NodeJS.ProcessEnv): Promise<Ended> {
  const file = join(folder, `${name}.sh`);
  writeFileSync(file, await (await get(`/bip/${KEY}/${name}.sh`)).text());
  return run('sh', [file, '--prefix', prefix, ...given], env);
}

/** A search path with everything that this machine has, but for these programs. */
function pathWithout(...names: string[]): string {
  const bin = mkdtempSync(join(folder, 'path-'));
  for (const place of ['/usr/sbin', '/usr/bin'])
    for (const name of readdirSync(place))
      if (!names.includes(name) && !existsSync(join(bin, name))) symlinkSync(join(place, name), join(bin, name));
  return bin;
}
const at = (path: string): string => join(prefix, path);
const status = async (): Promise<{ running: boolean; pid?: number; deviceId?: string }> => {
  const { stdout } = await run(at('opt/muster-agent/bin/muster-agent'), ['status', '--json']);
  return JSON.parse(stdout) as { running: boolean; pid?: number; deviceId?: string };
};
const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe('what devices fetch', () => {
  it('serves the CA bundle byte by byte as install lines digest it', async () => {
    const answer = await get('/ca.crt');
    expect(answer.headers.get('content-type')).toContain('application/x-pem-file');
    expect(await answer.text()).toBe(caBundle({ anchors: keys.anchors }));
  });

  it.each(['key-unknown', 'key-expired', 'key-revoked', 'too-many-requests'] as const)(
    'refuses a key with the reason %s',
    async (code) => {
      keys.known.set('refused', code);
      for (const path of GATED) {
        const answer = await get(`/bip/refused/${path}`);
        expect(await answer.json()).toMatchObject({ code, message: `The registration key is refused: ${code}.` });
      }
    },
  );

  it('lets the holder of a spent key upgrade', async () => {
    keys.known.set('spent', 'key-spent');
    expect((await get('/bip/spent/install.sh')).status).toBe(200);
  });

  it('refuses a key that could break out of an address or a shell', async () => {
    expect((await get(`/bip/${encodeURIComponent("a'b")}/install.sh`)).status).toBe(400);
    expect((await get(`/bip/${encodeURIComponent('../x')}/install.sh`)).status).toBe(400);
  });

  it.runIf(process.arch === 'x64')('hands out the Node.js of this server', async () => {
    const content = Buffer.from(await (await get(`/bip/${KEY}/node/linux-x64`)).arrayBuffer());
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(digest(content)).toBe(digest(readFileSync(process.execPath)));
  });

  it.runIf(process.arch === 'x64')('lists what it builds, and says of the rest why not', async () => {
    const list = (await (await get(`/bip/${KEY}/installers`)).json()) as InstallerList;
    const built = list.installers.filter(({ notBuilt }) => notBuilt === undefined);
    expect(built.map(({ platform, format }) => `${platform} ${format}`)).toEqual([
      'linux-x64 deb',
      'linux-x64 rpm',
      'linux-x64 script',
      'linux-arm64 script',
    ]);
    expect(
      list.installers.find(({ platform, format }) => platform === 'linux-arm64' && format === 'script')?.needs,
    ).toContain('Node.js 20.10 or later');
    for (const system of ['windows-x64', 'windows-arm64', 'macos-x64', 'macos-arm64']) {
      const variable = `NODE_BINARY_${system.replace('-', '_').toUpperCase()}`;
      expect(list.installers.find(({ platform }) => platform === system)?.notBuilt).toContain(variable);
    }
    for (const { file } of built.filter(({ format }) => format !== 'script')) {
      const answer = await get(`/bip/${KEY}/packages/${file}`);
      expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${file}"`);
      expect(answer.headers.get('cache-control')).toContain('no-store');
      expect((await answer.arrayBuffer()).byteLength).toBe(Number(answer.headers.get('content-length')));
    }
    expect((await get(`/bip/${KEY}/packages/muster-agent_9.9.9_amd64.deb`)).status).toBe(404);
    expect((await get(`/bip/${KEY}/packages/muster-agent_9.9.9_amd64.deb/sha256`)).status).toBe(404);
  });

  it.runIf(process.arch === 'x64')('tells digest, signature and certificate of the package that it gives', async () => {
    const list = (await (await get(`/bip/${KEY}/installers`)).json()) as InstallerList;
    const files = list.installers.flatMap(({ file }) => file ?? []);
    expect(files).toHaveLength(2);
    for (const file of files) {
      const path = `/bip/${KEY}/packages/${file}`;
      const bytesOf = async (address: string): Promise<Buffer> => Buffer.from(await (await get(address)).arrayBuffer());
      // Another time between the two calls makes another package: once in five minutes.
      const digest = await eventually(async () => {
        const sha256 = createHash('sha256')
          .update(await bytesOf(path))
          .digest('hex');
        const told = (await bytesOf(`${path}/sha256`)).toString();
        return told === `${sha256}  ${file}\n` ? told : undefined;
      });
      expect((await bytesOf(`${path}/sig`)).toString()).toMatch(/^signed [0-9a-f]{64} /);
      expect(digest).toContain(file);
      expect((await bytesOf(`${path}/crt`)).toString()).toBe('PEM\n');
      expect((await get(`${path}/key`)).status).toBe(400);
    }
  });

  it.runIf(process.arch === 'x64')(
    'sends so many packages at once and no more, and tells the next when to come',
    async () => {
      const path = `/bip/${KEY}/payload/linux-x64`;
      // Bodies that nobody reads stay under way.
      const stop = new AbortController();
      const answers = await Promise.all(
        Array.from({ length: 3 }, () => fetch(urlOf(path), { headers: SENT_BY_EDGE, signal: stop.signal })),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      const refused = await get(path);
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      stop.abort();
      await eventually(async () => {
        const answer = await get(path);
        await answer.body?.cancel();
        return answer.status === 200;
      });
    },
  );

  it('writes shell that shellcheck has nothing against', async () => {
    for (const name of ['install', 'uninstall']) {
      const file = join(folder, `${name}-checked.sh`);
      writeFileSync(file, await (await get(`/bip/${KEY}/${name}.sh`)).text());
      expect(await run('shellcheck', [file])).toEqual({ code: 0, stdout: '', stderr: '' });
    }
  });
});

describe('install.sh', () => {
  it('installs, enrols and starts; upgrades and keeps the device; uninstalls without a trace', async () => {
    const first = await script('install');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(edge.enrolments.map(({ registrationKey }) => registrationKey)).toEqual([KEY]);
    await eventually(() => edge.syncs.length > 0);
    const before = await status();
    expect(before).toMatchObject({ running: true, deviceId: '01900000-0000-7000-8000-0000000000aa' });
    expect(statSync(at('etc/muster-agent/agent.json')).mode & 0o777).toBe(0o600);
    expect(statSync(at('var/lib/muster-agent/device.key')).mode & 0o777).toBe(0o600);
    // Used up: neither as the file that the installer leaves for the agent, nor anywhere else.
    expect((await run('grep', ['-rlF', KEY, prefix])).stdout).toBe('');
    const deviceKey = readFileSync(at('var/lib/muster-agent/device.key'), 'utf8');
    const programs = ['muster-agent', 'service', 'supervise'].map((name) => at(`opt/muster-agent/bin/${name}`));
    expect(await run('shellcheck', [at('etc/init.d/muster-agent'), ...programs])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });

    expect(await script('install')).toMatchObject({ code: 0, stderr: '' });
    const after = await status();
    expect(after).toMatchObject({ running: true, deviceId: before.deviceId });
    expect(after.pid).not.toBe(before.pid);
    expect(isRunning(before.pid ?? 0)).toBe(false);
    expect(readFileSync(at('var/lib/muster-agent/device.key'), 'utf8')).toBe(deviceKey);
    expect(edge.enrolments).toHaveLength(1);

    expect(await script('uninstall')).toMatchObject({ code: 0, stderr: '' });
    expect(isRunning(after.pid ?? 0)).toBe(false);
    expect([at('opt/muster-agent'), at('etc/muster-agent'), at('etc/init.d/muster-agent')].filter(existsSync)).toEqual(
      [],
    );
    expect(readFileSync(at('var/lib/muster-agent/device.key'), 'utf8')).toBe(deviceKey);
    expect(await script('uninstall', ['--purge'])).toMatchObject({ code: 0 });
    expect(existsSync(at('var/lib/muster-agent'))).toBe(false);
  });

  it.each(['curl', 'wget'])(
    'enrols at a server of a company CA where the installation says so, and else does nothing, with %s',
    async (tool) => {
      const company = new OpensslAuthority(folder, `company-${tool}`);
      const env = tool === 'wget' ? { PATH: pathWithout('curl') } : undefined;
      edge.showOneOf(company);
      try {
        const refused = await script('install', [], env);
        expect(refused.code).toBe(1);
        expect(edge.enrolments).toEqual([]);
        const serverAnchors = [company.rootPem];
        keys.servers = { serverAnchors };
        edge.serverAnchors = serverAnchors;
        expect(await (await get('/ca.crt')).text()).toBe(caBundle({ anchors: keys.anchors, serverAnchors }));
        expect(await script('install', [], env)).toMatchObject({ code: 0, stderr: '' });
        const config = JSON.parse(readFileSync(at('etc/muster-agent/agent.json'), 'utf8')) as object;
        expect(config).toMatchObject({ anchors: keys.anchors, serverAnchors });
        expect(config).not.toHaveProperty('publicServers');
        await eventually(() => edge.syncs.length > 0, { within: 20_000 });
        expect(await script('uninstall', ['--purge'], env)).toMatchObject({ code: 0 });
      } finally {
        keys.servers = {};
        edge.serverAnchors = [];
        edge.showOneOf(authority);
      }
    },
  );

  it('starts the agent again when it is killed', async () => {
    expect(await script('install')).toMatchObject({ code: 0 });
    const { pid = 0 } = await status();
    process.kill(pid, 'SIGKILL');
    await eventually(
      async () => {
        const now = await status();
        return now.running && now.pid !== pid;
      },
      { within: 20_000, every: 200 },
    );
  });

  it('stays where the server wants a token for its removal, and goes with it', async () => {
    expect(await script('install')).toMatchObject({ code: 0 });
    edge.uninstallToken = 'ABCD-EFGH-JKMN-PQRS';
    for (const given of [[], ['--token', 'WRONG']]) {
      const { code, stderr } = await script('uninstall', given);
      expect(code).toBe(1);
      expect(stderr).toContain('It needs the token.');
      expect(stderr).toContain('the agent stays');
    }
    expect(await status()).toMatchObject({ running: true });
    expect(await script('uninstall', ['--token', edge.uninstallToken])).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(at('opt/muster-agent'))).toBe(false);
  });

  it('goes without an answer only where somebody says that this is meant', async () => {
    expect(await script('install')).toMatchObject({ code: 0 });
    edge.answersUninstall = false;
    const { code, stderr } = await script('uninstall');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('MUSTER_UNINSTALL_OFFLINE=1') });
    expect(existsSync(at('opt/muster-agent'))).toBe(true);
    const offline = { ...process.env, MUSTER_UNINSTALL_OFFLINE: '1' };
    expect(await script('uninstall', [], offline)).toMatchObject({ code: 0 });
    expect(existsSync(at('opt/muster-agent'))).toBe(false);
  });

  it('leaves nothing behind when the server refuses to enrol, and says why', async () => {
    edge.refuseEnrolment = true;
    const { code, stderr } = await script('install');
    expect(code).toBe(1);
    expect(stderr).toContain('The key is spent.');
    expect([at('opt/muster-agent'), at('etc/muster-agent'), at('var/lib/muster-agent')].filter(existsSync)).toEqual([]);
  });

  it('installs nothing that differs from what was announced', async () => {
    const file = join(folder, 'changed.sh');
    const genuine = await (await get(`/bip/${KEY}/install.sh`)).text();
    writeFileSync(file, genuine.replace(/^SHA256_x64='[0-9a-f]{4}/m, "SHA256_x64='0000"));
    const { code, stderr } = await run('sh', [file, '--prefix', prefix]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is not what was announced') });
    expect(edge.enrolments).toEqual([]);
  });

  it.runIf(existsSync('/usr/bin/wget'))('does with wget where there is no curl', async () => {
    expect(await script('install', [], { PATH: pathWithout('curl') })).toMatchObject({ code: 0, stderr: '' });
    expect(edge.enrolments).toHaveLength(1);
  });

  it.runIf(process.arch === 'x64')(
    'brings its own Node.js, whatever the device has',
    async () => {
      expect(await script('install')).toMatchObject({ code: 0, stderr: '' });
      const { pid } = await status();
      expect(readlinkSync(`/proc/${pid}/exe`)).toBe(at('opt/muster-agent/node/bin/node'));
    },
    60_000,
  );

  it.runIf(process.arch === 'x64')(
    'takes the Node.js of the device where the server has none for it',
    async () => {
      const bin = pathWithout('uname');
      writeFileSync(join(bin, 'uname'), '#!/bin/sh\n[ "$1" = -s ] && echo Linux || echo aarch64\n', { mode: 0o755 });
      expect(await script('install', [], { PATH: bin })).toMatchObject({ code: 0, stderr: '' });
      const { pid } = await status();
      expect(readlinkSync(`/proc/${pid}/exe`)).toBe(realpathSync(process.execPath));
      expect(await script('install', [], { PATH: bin }), 'again').toMatchObject({ code: 0, stderr: '' });
      expect(readlinkSync(at('opt/muster-agent/node/bin/node'))).toBe(realpathSync(process.execPath));
    },
    60_000,
  );

  it('tells everything that the device lacks at once', async () => {
    const bin = mkdtempSync(join(folder, 'bin-'));
    for (const tool of ['sh', 'id', 'dirname', 'sed', 'awk', 'df', 'getconf', 'cat']) {
      const { stdout } = await run('sh', ['-c', `command -v ${tool}`]);
      symlinkSync(stdout.trim(), join(bin, tool));
    }
    writeFileSync(join(bin, 'uname'), '#!/bin/sh\n[ "$1" = -s ] && echo Linux || echo riscv64\n', { mode: 0o755 });
    const { code, stderr } = await script('install', [], { PATH: bin });
    expect(code).toBe(1);
    for (const missing of ['riscv64', 'mktemp', 'sha256sum', 'curl or wget', 'Nothing was installed'])
      expect(stderr).toContain(missing);
    expect(existsSync(prefix)).toBe(false);
  });
});
