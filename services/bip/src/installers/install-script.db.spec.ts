import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { caBundle } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { BipUnderTest, type Ended, KEY, run } from '../testing/bip-under-test';
import { OpensslAuthority } from '../testing/openssl-authority';

// Each installation unpacks a hundred megabytes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

let suite: BipUnderTest;
let prefix: string;
beforeAll(async () => {
  suite = await BipUnderTest.start();
});
afterAll(() => suite?.stop());
beforeEach(() => {
  prefix = join(mkdtempSync(join(suite.folder, 'device-')), "it's here");
  Object.assign(suite.edge, { refuseEnrolment: false, uninstallToken: undefined, answersUninstall: true });
  suite.edge.enrolments.length = suite.edge.syncs.length = 0;
});
afterEach(async () => {
  if (existsSync(prefix)) await script('uninstall', ['--purge']);
});

/** Fetches a script as the line to paste does and runs it below the prefix. */
async function script(name: 'install' | 'uninstall', given: string[] = [], env?: NodeJS.ProcessEnv): Promise<Ended> {
  const file = join(suite.folder, `${name}.sh`);
  writeFileSync(file, await (await suite.get(`/bip/${KEY}/${name}.sh`)).text());
  return run('sh', [file, '--prefix', prefix, ...given], env);
}

/** A search path with everything that this machine has, but for these programs. */
function pathWithout(...names: string[]): string {
  const bin = mkdtempSync(join(suite.folder, 'path-'));
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

it('installs, enrols and starts; upgrades and keeps the device; uninstalls without a trace', async () => {
  const first = await script('install');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(suite.edge.enrolments.map(({ registrationKey }) => registrationKey)).toEqual([KEY]);
  await eventually(() => suite.edge.syncs.length > 0);
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
  expect(suite.edge.enrolments).toHaveLength(1);

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
    const company = new OpensslAuthority(suite.folder, `company-${tool}`);
    const env = tool === 'wget' ? { PATH: pathWithout('curl') } : undefined;
    suite.edge.showOneOf(company);
    try {
      const refused = await script('install', [], env);
      expect(refused.code).toBe(1);
      expect(suite.edge.enrolments).toEqual([]);
      const serverAnchors = [company.rootPem];
      suite.keys.servers = { serverAnchors };
      suite.edge.serverAnchors = serverAnchors;
      expect(await (await suite.get('/ca.crt')).text()).toBe(caBundle({ anchors: suite.keys.anchors, serverAnchors }));
      expect(await script('install', [], env)).toMatchObject({ code: 0, stderr: '' });
      const config = JSON.parse(readFileSync(at('etc/muster-agent/agent.json'), 'utf8')) as object;
      expect(config).toMatchObject({ anchors: suite.keys.anchors, serverAnchors });
      expect(config).not.toHaveProperty('publicServers');
      await eventually(() => suite.edge.syncs.length > 0, { within: 20_000 });
      expect(await script('uninstall', ['--purge'], env)).toMatchObject({ code: 0 });
    } finally {
      suite.keys.servers = {};
      suite.edge.serverAnchors = [];
      suite.edge.showOneOf(suite.authority);
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
  suite.edge.uninstallToken = 'ABCD-EFGH-JKMN-PQRS';
  for (const given of [[], ['--token', 'WRONG']]) {
    const { code, stderr } = await script('uninstall', given);
    expect(code).toBe(1);
    expect(stderr).toContain('It needs the token.');
    expect(stderr).toContain('the agent stays');
  }
  expect(await status()).toMatchObject({ running: true });
  expect(await script('uninstall', ['--token', suite.edge.uninstallToken])).toMatchObject({ code: 0, stderr: '' });
  expect(existsSync(at('opt/muster-agent'))).toBe(false);
});

it('goes without an answer only where somebody says that this is meant', async () => {
  expect(await script('install')).toMatchObject({ code: 0 });
  suite.edge.answersUninstall = false;
  const { code, stderr } = await script('uninstall');
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('MUSTER_UNINSTALL_OFFLINE=1') });
  expect(existsSync(at('opt/muster-agent'))).toBe(true);
  const offline = { ...process.env, MUSTER_UNINSTALL_OFFLINE: '1' };
  expect(await script('uninstall', [], offline)).toMatchObject({ code: 0 });
  expect(existsSync(at('opt/muster-agent'))).toBe(false);
});

it('leaves nothing behind when the server refuses to enrol, and says why', async () => {
  suite.edge.refuseEnrolment = true;
  const { code, stderr } = await script('install');
  expect(code).toBe(1);
  expect(stderr).toContain('The key is spent.');
  expect([at('opt/muster-agent'), at('etc/muster-agent'), at('var/lib/muster-agent')].filter(existsSync)).toEqual([]);
});

it('installs nothing that differs from what was announced', async () => {
  const file = join(suite.folder, 'changed.sh');
  const genuine = await (await suite.get(`/bip/${KEY}/install.sh`)).text();
  writeFileSync(file, genuine.replace(/^SHA256_x64='[0-9a-f]{4}/m, "SHA256_x64='0000"));
  const { code, stderr } = await run('sh', [file, '--prefix', prefix]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is not what was announced') });
  expect(suite.edge.enrolments).toEqual([]);
});

it.runIf(existsSync('/usr/bin/wget'))('does with wget where there is no curl', async () => {
  expect(await script('install', [], { PATH: pathWithout('curl') })).toMatchObject({ code: 0, stderr: '' });
  expect(suite.edge.enrolments).toHaveLength(1);
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
  const bin = mkdtempSync(join(suite.folder, 'bin-'));
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
