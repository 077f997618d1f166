import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { loadConfig } from '@muster/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BipConfig } from '../bip.config';
import { AgentFiles } from '../installers/agent-files';
import { NodePrograms } from '../node-programs/node-programs';
import { ARM64, macho, pe, universal, X64 } from '../testing/executables';
import { EPOCH, KEY, SETTINGS } from '../testing/package-facts';
import { Archives } from './archives';
import { Packages } from './packages.service';
import { bytesOf, streamOf } from './pieces';

const VERSION = '1.2.3-rc.1';
const SCRIPTS = join(import.meta.dirname, '../../scripts');
/** Real headers, and a megabyte that does not compress, as programs hardly do. */
const PROGRAM = randomBytes(1_000_000);
const NODES = {
  'windows-x64': Buffer.concat([pe(0x8664), PROGRAM]),
  'windows-arm64': Buffer.concat([pe(0xaa64), PROGRAM]),
  'macos-x64': Buffer.concat([macho(X64), PROGRAM]),
  'macos-arm64': Buffer.concat([universal([macho(X64), macho(ARM64)]), PROGRAM]),
} as const;
type Built = keyof typeof NODES;
const NAMES: Record<Built, string> = {
  'windows-x64': `muster-agent-${VERSION}-windows-x64.zip`,
  'windows-arm64': `muster-agent-${VERSION}-windows-arm64.zip`,
  'macos-x64': `muster-agent-${VERSION}-macos-x64.tar.gz`,
  'macos-arm64': `muster-agent-${VERSION}-macos-arm64.tar.gz`,
};
const BUILT = Object.keys(NODES).filter((name): name is Built => name in NODES);

let folder: string;
let packages: Packages;
const opened: Archives[] = [];
const at = (...path: string[]): string => join(folder, ...path);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function makePackages(changes: Record<string, string> = {}): Promise<Packages> {
  const config = loadConfig(BipConfig, 'bip', {
    NATS_URL: 'nats://127.0.0.1:1',
    NATS_USER: 'bip',
    NATS_PASSWORD: 'bip',
    EDGE_SECRET: 'edge-secret-for-tests',
    AGENT_DIR: folder,
    PACKAGE_CACHE_DIR: at('cache'),
    PACKAGE_COMPRESSION: '1',
    SOURCE_DATE_EPOCH: String(EPOCH),
    NODE_LICENCE: at('LICENSE'),
    ...changes,
  });
  const [agent, nodes] = [await AgentFiles.load(config), await NodePrograms.load(config)];
  const archives = new Archives(config, agent, nodes);
  opened.push(archives);
  return new Packages(config, agent, nodes, archives);
}
const build = async (file: string, from = packages, key = KEY): Promise<Buffer> =>
  buffer(streamOf(await from.build(file, { key, config: SETTINGS })));
const variables = (): Record<string, string> =>
  Object.fromEntries(
    BUILT.map((name) => [`NODE_BINARY_${name.replace('-', '_').toUpperCase()}`, at(`node-${name}`)] as const),
  );

/** Unpacks with the system's own program. @returns mode, length and digest by path */
function unpack(platform: Built): Map<string, { mode: string; sha256: string }> {
  const into = at(`unpacked-${platform}`);
  mkdirSync(into);
  if (platform.startsWith('windows')) execFileSync('unzip', ['-q', at(NAMES[platform]), '-d', into]);
  else execFileSync('tar', ['-xpzf', at(NAMES[platform]), '-C', into]);
  const found = new Map<string, { mode: string; sha256: string }>();
  for (const entry of readdirSync(into, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode, mtimeMs } = statSync(path);
    if (entry.isFile()) expect(mtimeMs, path).toBe(EPOCH * 1000);
    const content = entry.isFile() ? sha256(readFileSync(path)) : 'folder';
    found.set(path.slice(into.length + 1), { mode: (mode & 0o777).toString(8), sha256: content });
  }
  return found;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-archives-'));
  writeFileSync(at('package.json'), JSON.stringify({ version: VERSION }));
  writeFileSync(at('main.mjs'), 'export const main = async () => 0;\n');
  writeFileSync(at('launcher.mjs'), 'console.log("launched");\n');
  writeFileSync(at('LICENSE'), 'Node.js is licensed for use as follows\n');
  for (const name of BUILT) writeFileSync(at(`node-${name}`), NODES[name]);
  packages = await makePackages(variables());
  for (const name of BUILT) writeFileSync(at(NAMES[name]), await build(NAMES[name]));
});
afterAll(async () => {
  for (const archives of opened) await archives.onApplicationShutdown();
  rmSync(folder, { recursive: true, force: true });
});

describe('archives for Windows and macOS', () => {
  it('are listed where there is a Node.js, as unproven, and else with the reason', async () => {
    const of = (from: Packages): unknown[] => from.list().filter(({ format }) => format === 'archive');
    expect(of(packages)).toEqual(
      BUILT.map((platform) => ({
        platform,
        format: 'archive',
        file: NAMES[platform],
        caution: expect.stringMatching(/^Unproven: /),
      })),
    );
    expect(of(await makePackages({ NODE_BINARY_MACOS_X64: at('node-windows-x64') }))).toEqual([
      { platform: 'windows-x64', format: 'archive', notBuilt: expect.stringContaining('WINDOWS_X64 names none') },
      { platform: 'windows-arm64', format: 'archive', notBuilt: expect.stringContaining('WINDOWS_ARM64 names none') },
      { platform: 'macos-x64', format: 'archive', notBuilt: expect.stringContaining('it is for windows-x64') },
      { platform: 'macos-arm64', format: 'archive', notBuilt: expect.stringContaining('MACOS_ARM64 names none') },
    ]);
  });

  it('are not to be had without one', async () => {
    const without = await makePackages();
    for (const name of Object.values(NAMES))
      await expect(build(name, without)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are the same bytes each time, announce their length, and differ between keys', async () => {
    const again = await makePackages({ ...variables(), PACKAGE_CACHE_DIR: at('other-cache') });
    for (const name of Object.values(NAMES)) {
      const first = readFileSync(at(name));
      expect(sha256(await build(name, again)), name).toBe(sha256(first));
      expect(bytesOf(await packages.build(name, { key: KEY, config: SETTINGS })), name).toBe(first.length);
      expect(sha256(await build(name, packages, 'k_another')), name).not.toBe(sha256(first));
    }
    // Once for each platform, whatever the kind of archive.
    expect(readdirSync(at('cache')).filter((name) => !name.includes('linux'))).toHaveLength(BUILT.length);
  });

  it('are sound to the programs that check them', () => {
    for (const name of Object.values(NAMES))
      if (name.endsWith('.zip'))
        expect(execFileSync('unzip', ['-tq', at(name)], { encoding: 'utf8' })).toMatch(/^No errors/);
      else execFileSync('gzip', ['-t', at(name)]);
  });
});

describe.each(BUILT)('the archive for %s', (platform) => {
  const windows = platform.startsWith('windows');
  const script = (name: string): string => {
    const text = readFileSync(join(SCRIPTS, windows ? 'windows' : 'macos', name), 'latin1');
    return sha256(Buffer.from(windows ? text.replaceAll('\n', '\r\n') : text, 'latin1'));
  };
  const text = (content: string): string => sha256(Buffer.from(content));

  it('holds these files and no others, each as it is, with these modes', () => {
    const scripts: Array<[path: string, mode: string, sha256: string]> = windows
      ? [
          ['install.cmd', '644', script('install.cmd')],
          ['install.ps1', '644', script('install.ps1')],
          ['program/service.ps1', '644', script('service.ps1')],
          ['program/uninstall.ps1', '644', script('uninstall.ps1')],
          ['program/bin/muster-agent.cmd', '644', script('muster-agent.cmd')],
          ['program/node/node.exe', '755', sha256(NODES[platform])],
        ]
      : [
          ['install.sh', '755', script('install.sh')],
          ['program/bin/service.sh', '644', script('service.sh')],
          ['program/bin/uninstall.sh', '755', script('uninstall.sh')],
          ['program/bin/muster-agent', '755', script('muster-agent')],
          ['program/muster-agent.plist', '644', script('muster-agent.plist')],
          ['program/node/bin', '755', 'folder'],
          ['program/node/bin/node', '755', sha256(NODES[platform])],
        ];
    const licence = sha256(readFileSync(at(`unpacked-${platform}/muster-agent/program/LICENSE.txt`)));
    const expected: Array<[path: string, mode: string, sha256: string]> = [
      ...scripts,
      ...['program', 'program/bin', 'program/node', 'program/versions', `program/versions/${VERSION}`].map(
        (path): [string, string, string] => [path, '755', 'folder'],
      ),
      ['agent.json', '600', text(`${JSON.stringify(SETTINGS, null, 2)}\n`)],
      ['registration.key', '600', text(`${KEY}\n`)],
      ['program/launcher.mjs', '644', text('console.log("launched");\n')],
      ['program/packaged-version', '644', text(`${VERSION}\n`)],
      ['program/platform', '644', text(`${platform}\n`)],
      [`program/versions/${VERSION}/main.mjs`, '644', text('export const main = async () => 0;\n')],
      ['program/LICENSE.txt', '644', licence],
      ['program/LICENSE.node', '644', text('Node.js is licensed for use as follows\n')],
    ];
    const found = [...unpacked].map(([path, { mode, sha256: content }]) => [path, mode, content]);
    expect(found.sort()).toEqual(
      [
        ['muster-agent', '755', 'folder'],
        ...expected.map(([path, ...rest]) => [`muster-agent/${path}`, ...rest]),
      ].sort(),
    );
  });

  const unpacked = new Map<string, { mode: string; sha256: string }>();
  beforeAll(() => {
    for (const [path, facts] of unpack(platform)) unpacked.set(path, facts);
  });

  it('has the key in one file', () => {
    const holding = execFileSync('grep', ['-rlF', KEY, at(`unpacked-${platform}`)], { encoding: 'utf8' }).trim();
    expect(holding).toBe(at(`unpacked-${platform}/muster-agent/registration.key`));
  });
});

/** Windows PowerShell reads files without a mark in the code page of the machine: only ASCII is the same in all. */
it('has scripts for Windows in ASCII, and for macOS that sh and shellcheck take', () => {
  for (const name of readdirSync(join(SCRIPTS, 'windows')))
    expect(readFileSync(join(SCRIPTS, 'windows', name), 'utf8'), name).toMatch(/^[\n\x20-\x7e]*$/);
  for (const name of ['install.sh', 'uninstall.sh', 'service.sh', 'muster-agent']) {
    execFileSync('sh', ['-n', join(SCRIPTS, 'macos', name)]);
    execFileSync('shellcheck', ['-x', '-P', 'SCRIPTDIR', join(SCRIPTS, 'macos', name)]);
  }
  execFileSync('python3', [
    '-c',
    'import plistlib,sys; plistlib.load(open(sys.argv[1],"rb"))',
    join(SCRIPTS, 'macos/muster-agent.plist'),
  ]);
});
