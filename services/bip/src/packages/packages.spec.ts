import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { loadConfig } from '@muster/service-kit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BipConfig } from '../bip.config';
import { AgentFiles } from '../installers/agent-files';
import { NodePrograms } from '../node-programs/node-programs';
import { EPOCH, KEY, SETTINGS } from '../testing/package-facts';
import { Archives } from './archives';
import { Packages } from './packages.service';
import { bytesOf, streamOf } from './pieces';

// Each package is made of a hundred megabytes.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const DEB = 'muster-agent_1.2.3~rc.1_amd64.deb';
const RPM = 'muster-agent-1.2.3~rc.1-1.x86_64.rpm';

let folder: string;
let packages: Packages;
const opened: Archives[] = [];

async function makePackages(changes: Record<string, string> = {}): Promise<Packages> {
  const config = loadConfig(BipConfig, 'bip', {
    NATS_URL: 'nats://127.0.0.1:1',
    NATS_USER: 'bip',
    NATS_PASSWORD: 'bip',
    EDGE_SECRET: 'edge-secret-for-tests',
    AGENT_DIR: folder,
    PACKAGE_CACHE_DIR: join(folder, 'cache'),
    PACKAGE_COMPRESSION: '1',
    SOURCE_DATE_EPOCH: String(EPOCH),
    ...changes,
  });
  const [agent, nodes] = [await AgentFiles.load(config), await NodePrograms.load(config)];
  const archives = new Archives(config, agent, nodes);
  opened.push(archives);
  return new Packages(config, agent, nodes, archives);
}
async function build(file: string, from = packages, key = KEY): Promise<Buffer> {
  return buffer(streamOf(await from.build(file, { key, config: SETTINGS })));
}
const run = (program: string, ...given: string[]): string => execFileSync(program, given, { encoding: 'utf8' });
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-packages-'));
  writeFileSync(join(folder, 'package.json'), '{"version":"1.2.3-rc.1"}');
  writeFileSync(join(folder, 'main.mjs'), 'export const main = async () => 0;\n');
  writeFileSync(join(folder, 'launcher.mjs'), 'console.log("launched");\n');
  packages = await makePackages();
  for (const name of [DEB, RPM]) writeFileSync(join(folder, name), await build(name));
});
afterAll(async () => {
  for (const archives of opened) await archives.onApplicationShutdown();
  rmSync(folder, { recursive: true, force: true });
});

describe.runIf(process.arch === 'x64')('packages for this machine', () => {
  it('are listed, and those for which there is no Node.js with the reason', () => {
    expect(packages.list().filter(({ format }) => format !== 'archive')).toEqual([
      { platform: 'linux-x64', format: 'deb', file: DEB },
      { platform: 'linux-x64', format: 'rpm', file: RPM },
      { platform: 'linux-arm64', format: 'deb', notBuilt: expect.stringContaining('NODE_BINARY_LINUX_ARM64') },
      { platform: 'linux-arm64', format: 'rpm', notBuilt: expect.stringContaining('NODE_BINARY_LINUX_ARM64') },
    ]);
  });

  it('are not to be had under other names', async () => {
    for (const name of ['muster-agent_1.2.3_amd64.deb', 'muster-agent_1.2.3~rc.1_arm64.deb'])
      await expect(packages.build(name, { key: KEY, config: SETTINGS })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are the same bytes each time, and in another process with another state of its cache', async () => {
    const again = await makePackages({ PACKAGE_CACHE_DIR: join(folder, 'other-cache') });
    for (const name of [DEB, RPM])
      expect(sha256(await build(name, again)), name).toBe(sha256(readFileSync(join(folder, name))));
  });

  it('announce their length', async () => {
    for (const name of [DEB, RPM])
      expect(bytesOf(await packages.build(name, { key: KEY, config: SETTINGS }))).toBe(
        statSync(join(folder, name)).size,
      );
  });

  it('share the compressed Node.js: another key adds nothing to the cache and little to the time', async () => {
    const before = readdirSync(join(folder, 'cache'));
    expect(before).toHaveLength(1);
    const other = await build(DEB, packages, 'k_another');
    expect(sha256(other)).not.toBe(sha256(readFileSync(join(folder, DEB))));
    expect(readdirSync(join(folder, 'cache'))).toEqual(before);
  });

  it('are made anew when the cache is damaged', async () => {
    const [name = ''] = readdirSync(join(folder, 'cache'));
    const path = join(folder, 'damaged', name);
    mkdirSync(join(folder, 'damaged'), { mode: 0o700 });
    writeFileSync(path, readFileSync(join(folder, 'cache', name)).subarray(0, 1_000_000));
    const fresh = await makePackages({ PACKAGE_CACHE_DIR: join(folder, 'damaged') });
    expect(sha256(await build(DEB, fresh))).toBe(sha256(readFileSync(join(folder, DEB))));
  });

  it('are made on when somebody tidies the cache up', async () => {
    const tidied = await makePackages({ PACKAGE_CACHE_DIR: join(folder, 'tidied') });
    await build(RPM, tidied);
    rmSync(join(folder, 'tidied'), { recursive: true });
    expect(sha256(await build(DEB, tidied))).toBe(sha256(readFileSync(join(folder, DEB))));
  });

  it('are not made from a cache that others may write to', async () => {
    mkdirSync(join(folder, 'open'), { mode: 0o700 });
    run('chmod', '777', join(folder, 'open'));
    const unsafe = await makePackages({ PACKAGE_CACHE_DIR: join(folder, 'open') });
    await expect(build(DEB, unsafe)).rejects.toThrow('writable by it alone');
  });
});

/** Files of a .deb as `dpkg-deb -c` lists them: mode, owner, length, path. */
const listed = (): string[] =>
  run('dpkg-deb', '-c', join(folder, DEB))
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/\s+/))
    .map(([mode, owner, , , , ...path]) => `${mode} ${owner} ${path.join(' ')}`);

describe.runIf(process.arch === 'x64')('the .deb, as dpkg reads it', () => {
  it('says what it is and needs', () => {
    const facts = run('dpkg-deb', '-f', join(folder, DEB));
    expect(facts).toContain('Package: muster-agent\nVersion: 1.2.3~rc.1\nArchitecture: amd64\n');
    expect(facts).toContain('Depends: libc6 (>= 2.28), libstdc++6, libgcc-s1 | libgcc1\n');
  });

  it('keeps the key in one file, readable by root only, and out of what dpkg keeps', () => {
    expect(listed()).toContain('-rw------- root/root ./var/lib/muster-agent/registration.key');
    expect(listed()).toContain('-rw------- root/root ./etc/muster-agent/agent.json');
    expect(listed()).toContain('drwx------ root/root ./var/lib/muster-agent/');
    run('dpkg-deb', '-R', join(folder, DEB), join(folder, 'unpacked'));
    const holding = run('grep', '-rlF', KEY, join(folder, 'unpacked')).trim().split('\n');
    expect(holding).toEqual([join(folder, 'unpacked/var/lib/muster-agent/registration.key')]);
  });

  it('holds Node.js and the agent as they are, with sums that are true', () => {
    expect(sha256(readFileSync(join(folder, 'unpacked/opt/muster-agent/node/bin/node')))).toBe(
      sha256(readFileSync(process.execPath)),
    );
    expect(readFileSync(join(folder, 'unpacked/opt/muster-agent/versions/1.2.3-rc.1/main.mjs'), 'utf8')).toContain(
      'main',
    );
    execFileSync('md5sum', ['-c', '--strict', '--quiet', 'DEBIAN/md5sums'], { cwd: join(folder, 'unpacked') });
    expect(readFileSync(join(folder, 'unpacked/DEBIAN/conffiles'), 'utf8')).toBe(
      '/etc/init.d/muster-agent\n/etc/muster-agent/agent.json\n',
    );
  });

  it('has nothing that lintian calls an error, but for what a package of another world must be', () => {
    // /opt is for add-ons of others (FHS 3.13), Node.js is not stripped since it must not be, there is no changelog, and
    // postinst has the init script registered by bin/service, where lintian does not look.
    const accepted = [
      'dir-or-file-in-opt',
      'unstripped-binary-or-object',
      'no-changelog',
      'embedded-library',
      'postrm-contains-additional-updaterc.d-calls',
    ];
    const { stdout } = spawnLintian();
    const errors = stdout.split('\n').filter((line) => line.startsWith('E:'));
    expect(errors.filter((line) => !accepted.some((tag) => line.includes(`: ${tag}`)))).toEqual([]);
  });
});

const spawnLintian = (): { stdout: string } => {
  try {
    return { stdout: run('lintian', '--allow-root', '--tag-display-limit', '0', join(folder, DEB)) };
  } catch (error) {
    return error as { stdout: string };
  }
};

describe.runIf(process.arch === 'x64')('the .rpm, as rpm reads it', () => {
  const query = (...given: string[]): string =>
    run('rpm', '--dbpath', join(folder, 'rpmdb'), '-qp', ...given, join(folder, RPM));

  it('says what it is and needs', () => {
    expect(query('--qf', '%{NAME} %{VERSION} %{RELEASE} %{ARCH} %{OS} %{LICENSE} %{BUILDTIME}')).toBe(
      `muster-agent 1.2.3~rc.1 1 x86_64 linux Apache-2.0 AND MIT ${EPOCH}`,
    );
    expect(query('--requires').split('\n')).toEqual(
      expect.arrayContaining(['/bin/sh', 'libc.so.6(GLIBC_2.28)(64bit)', 'libstdc++.so.6()(64bit)']),
    );
    expect(query('--provides')).toContain('muster-agent(x86-64) = 1.2.3~rc.1-1');
    expect(query('--scripts')).toContain('/opt/muster-agent/bin/service configure');
    expect(query('--configfiles')).toBe('/etc/init.d/muster-agent\n/etc/muster-agent/agent.json\n');
  });

  it('has digests of header and payload that are true', () => {
    const digests = run('rpm', '--dbpath', join(folder, 'rpmdb'), '-Kv', join(folder, RPM));
    expect(digests).toMatch(/Header SHA256 digest: OK/);
    expect(digests).toMatch(/Payload SHA256 digest: OK/);
    const damaged = readFileSync(join(folder, RPM));
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 20) ^ 1, damaged.length - 20);
    writeFileSync(join(folder, 'damaged.rpm'), damaged);
    expect(() => run('rpm', '--dbpath', join(folder, 'rpmdb'), '-K', join(folder, 'damaged.rpm'))).toThrow();
  });

  it('lists every file with its owner, mode and digest, the key readable by root only', () => {
    const dump = query('--dump')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' '));
    const of = (path: string): string[] => dump.find(([name]) => name === path) ?? [];
    const node = readFileSync(process.execPath);
    expect(of('/opt/muster-agent/node/bin/node').slice(1, 7)).toEqual(
      [node.length, EPOCH, sha256(node), '0100755', 'root', 'root'].map(String),
    );
    expect(of('/var/lib/muster-agent/registration.key').slice(4, 7)).toEqual(['0100600', 'root', 'root']);
    expect(of('/var/lib/muster-agent').slice(4, 5)).toEqual(['040700']);
    expect(of('/opt')).toEqual([]);
    expect(new Set(dump.map(([, , mtime]) => mtime))).toEqual(new Set([String(EPOCH)]));
  });
});
