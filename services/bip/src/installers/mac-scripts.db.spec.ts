import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@muster/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { BipUnderTest, type Ended, KEY, run } from '../testing/bip-under-test';
import { ARM64, macho } from '../testing/executables';

// Each installation copies a hundred megabytes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const ARCHIVE = 'muster-agent-0.1.0-macos-arm64.tar.gz';
/** A Mac, as far as the scripts look at it. */
const MAC: Readonly<Record<string, string>> = {
  uname: 'case $1 in -s) echo Darwin ;; -m) echo "${FAKE_MACHINE:-arm64}" ;; esac',
  sw_vers: 'echo "${FAKE_MACOS:-14.6.1}"',
  xattr: 'exit 0',
  // launchd(8), of one job: it is read from its property list, kept alive, and gone when it has ended.
  launchctl: `jobs=\${FAKE_LAUNCHD:?}
case $1 in
  print) [ -e "$jobs/loaded" ] ;;
  enable) ;;
  bootstrap)
    [ ! -e "$jobs/loaded" ] || exit 37
    python3 -c 'import plistlib, sys; print("\\n".join(plistlib.load(open(sys.argv[1], "rb"))["ProgramArguments"]))' "$3" >"$jobs/arguments"
    touch "$jobs/loaded"
    setsid sh "$jobs/keep-alive" </dev/null >"$jobs/out" 2>&1 &
    ;;
  bootout)
    touch "$jobs/ending"
    kill -TERM "$(cat "$jobs/pid")" 2>/dev/null || true
    ;;
esac`,
};
const KEEP_ALIVE = `cd "$(dirname "$0")"
set --
while IFS= read -r line; do set -- "$@" "$line"; done <arguments
while [ ! -e ending ]; do
  "$@" &
  echo $! >pid
  wait $!
  sleep 0.2
done
rm -f loaded ending`;

let suite: BipUnderTest;
let bin: string;
let archive: string;
let prefix: string;
let launchd: string;
beforeAll(async () => {
  suite = await BipUnderTest.start((folder) => {
    // Where the archive is made it is a Mac's program; the one that runs here takes its place when it is unpacked.
    const node = join(folder, 'node-for-macs');
    writeFileSync(node, macho(ARM64));
    return { NODE_BINARY_MACOS_ARM64: node };
  });
  bin = mkdtempSync(join(suite.folder, 'mac-'));
  for (const [name, text] of Object.entries(MAC))
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const answer = await suite.get(`/bip/${KEY}/packages/${ARCHIVE}`);
  expect(answer.status).toBe(200);
  writeFileSync(join(suite.folder, ARCHIVE), Buffer.from(await answer.arrayBuffer()));
});
afterAll(() => suite?.stop());
beforeEach(() => {
  prefix = join(mkdtempSync(join(suite.folder, 'device-')), 'a Mac');
  launchd = mkdtempSync(join(suite.folder, 'launchd-'));
  writeFileSync(join(launchd, 'keep-alive'), KEEP_ALIVE);
  archive = unpack();
  Object.assign(suite.edge, { refuseEnrolment: false, uninstallToken: undefined, answersUninstall: true });
  suite.edge.enrolments.length = suite.edge.syncs.length = 0;
});
afterEach(async () => {
  await mac('launchctl', ['bootout', 'system/muster-agent']);
  await eventually(() => !existsSync(join(launchd, 'loaded')), { within: 40_000 });
});

function unpack(): string {
  const into = mkdtempSync(join(suite.folder, 'unpacked-'));
  execFileSync('tar', ['-xzf', join(suite.folder, ARCHIVE), '-C', into]);
  const node = join(into, 'muster-agent/program/node/bin/node');
  expect(readFileSync(node).equals(macho(ARM64))).toBe(true);
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  return join(into, 'muster-agent');
}
const mac = (program: string, given: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  run(program.startsWith('/') || program === 'sh' ? program : join(bin, program), given, {
    ...process.env,
    PATH: `${bin}:${process.env['PATH']}`,
    FAKE_LAUNCHD: launchd,
    ...env,
  });
const install = (env?: NodeJS.ProcessEnv): Promise<Ended> =>
  mac('sh', [join(archive, 'install.sh'), '--prefix', prefix], env);
const uninstall = (given: string[] = [], env?: NodeJS.ProcessEnv): Promise<Ended> =>
  mac('sh', [at('opt/muster-agent/bin/uninstall.sh'), ...given], env);
const at = (path: string): string => join(prefix, path);
const DATA = 'Library/Application Support/Muster Agent';
const PLIST = 'Library/LaunchDaemons/muster-agent.plist';
const left = (): string[] => ['opt/muster-agent', DATA, PLIST].filter((path) => existsSync(at(path)));
const mode = (path: string): string => (statSync(at(path)).mode & 0o777).toString(8);
const status = async (): Promise<{ running: boolean; pid?: number; deviceId?: string }> => {
  const { stdout } = await mac(at('opt/muster-agent/bin/muster-agent'), ['status', '--json']);
  return JSON.parse(stdout) as { running: boolean; pid?: number; deviceId?: string };
};

it('is to be checked by its digest, which the key manager signs', async () => {
  const path = `/bip/${KEY}/packages/${ARCHIVE}`;
  // Another time between the two calls makes another archive: once in five minutes.
  await eventually(async () => {
    const bytes = Buffer.from(await (await suite.get(path)).arrayBuffer());
    const digest = `${createHash('sha256').update(bytes).digest('hex')}  ${ARCHIVE}\n`;
    return (
      (await (await suite.get(`${path}/sha256`)).text()) === digest &&
      (await (await suite.get(`${path}/sig`)).text()) === `signed ${digest}`
    );
  });
});

it('installs, enrols and is kept alive; upgrades, leaves, comes back as the same device, and is purged', async () => {
  expect(await install()).toMatchObject({ code: 0, stderr: '' });
  expect(suite.edge.enrolments.map(({ registrationKey }) => registrationKey)).toEqual([KEY]);
  await eventually(() => suite.edge.syncs.length > 0);
  const first = await status();
  expect(first).toMatchObject({ running: true, deviceId: '01900000-0000-7000-8000-0000000000aa' });
  expect([mode(DATA), mode(`${DATA}/State`), mode(`${DATA}/agent.json`)]).toEqual(['700', '700', '600']);
  expect([mode(PLIST), mode('opt/muster-agent'), mode('opt/muster-agent/node/bin/node')]).toEqual([
    '644',
    '755',
    '755',
  ]);
  expect((await run('grep', ['-rlF', KEY, prefix])).stdout).toBe('');
  const deviceKey = readFileSync(at(`${DATA}/State/device.key`), 'utf8');

  process.kill(first.pid ?? 0, 'SIGKILL');
  const again = await eventually(
    async () => {
      const now = await status();
      return now.running && now.pid !== first.pid ? now : undefined;
    },
    { within: 20_000, every: 200 },
  );

  expect(await install()).toMatchObject({ code: 0, stderr: '' });
  const upgraded = await status();
  expect(upgraded).toMatchObject({ running: true, deviceId: first.deviceId });
  expect(upgraded.pid).not.toBe(again.pid);

  expect(await uninstall()).toMatchObject({ code: 0, stderr: '' });
  expect(existsSync(`/proc/${upgraded.pid}`)).toBe(false);
  expect(left()).toEqual([DATA]);
  expect(existsSync(at(`${DATA}/agent.json`))).toBe(false);

  expect(await install()).toMatchObject({ code: 0, stderr: '' });
  expect(await status()).toMatchObject({ running: true, deviceId: first.deviceId });
  expect(readFileSync(at(`${DATA}/State/device.key`), 'utf8')).toBe(deviceKey);
  expect(suite.edge.enrolments).toHaveLength(1);
  expect(await uninstall(['--purge'])).toMatchObject({ code: 0 });
  expect(left()).toEqual([]);
});

it('keeps a version that the agent updated itself to, and replaces an older one', async () => {
  expect(await install()).toMatchObject({ code: 0, stderr: '' });
  for (const [version, kept] of [
    ['0.2.0', true],
    ['0.1.1-rc.1', true],
    ['0.1.0-rc.1', false],
  ] as const) {
    mkdirSync(at(`opt/muster-agent/versions/${version}`), { recursive: true });
    copyFileSync(at('opt/muster-agent/versions/0.1.0/main.mjs'), at(`opt/muster-agent/versions/${version}/main.mjs`));
    writeFileSync(at('opt/muster-agent/current'), `${version}\n`);
    expect(await install({ MUSTER_NO_START: '1' })).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(at('opt/muster-agent/current'), 'utf8')).toBe(`${kept ? version : '0.1.0'}\n`);
  }
});

it('stays where the server wants a token, and without an answer only goes where that is meant', async () => {
  expect(await install()).toMatchObject({ code: 0 });
  suite.edge.uninstallToken = 'ABCD-EFGH-JKMN-PQRS';
  for (const given of [[], ['--token', 'WRONG']]) {
    expect(await uninstall(given)).toMatchObject({ code: 1, stderr: expect.stringContaining('It needs the token.') });
    expect(await status()).toMatchObject({ running: true });
  }
  suite.edge.answersUninstall = false;
  expect(await uninstall()).toMatchObject({ code: 1, stderr: expect.stringContaining('MUSTER_UNINSTALL_OFFLINE=1') });
  suite.edge.answersUninstall = true;
  expect(await uninstall([], { MUSTER_UNINSTALL_TOKEN: suite.edge.uninstallToken })).toMatchObject({ code: 0 });
  expect(left()).toEqual([DATA]);
  expect(await install()).toMatchObject({ code: 0 });
  suite.edge.answersUninstall = false;
  expect(await uninstall(['--purge'], { MUSTER_UNINSTALL_OFFLINE: '1' })).toMatchObject({ code: 0 });
  expect(left()).toEqual([]);
});

it('leaves nothing behind when the server refuses to enrol, and says why', async () => {
  suite.edge.refuseEnrolment = true;
  const { code, stderr } = await install();
  expect(code).toBe(1);
  expect(stderr).toContain('The key is spent.');
  expect(left()).toEqual([]);
});

it('in an image neither enrols nor starts', async () => {
  expect(await install({ MUSTER_NO_START: '1' })).toMatchObject({ code: 0, stderr: '' });
  expect(suite.edge.enrolments).toEqual([]);
  expect(existsSync(join(launchd, 'loaded'))).toBe(false);
  expect(readFileSync(at(`${DATA}/State/registration.key`), 'utf8')).toBe(`${KEY}\n`);
});

it.each([
  ['another processor', { FAKE_MACHINE: 'x86_64' }, 'macos-arm64; this is x86_64'],
  ['an old system', { FAKE_MACOS: '12.7' }, 'macOS 13 or later (this is 12.7)'],
])('installs nothing on %s', async (_, env, why) => {
  const { code, stderr } = await install(env);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(why) });
  expect(existsSync(prefix)).toBe(false);
});
