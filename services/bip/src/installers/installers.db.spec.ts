import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caBundle, type InstallerList } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { BipUnderTest, KEY, run } from '../testing/bip-under-test';

// Building the agent and its packages takes its time.
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

let suite: BipUnderTest;
beforeAll(async () => {
  suite = await BipUnderTest.start();
});
afterAll(() => suite?.stop());

it('serves the CA bundle byte by byte as install lines digest it', async () => {
  const answer = await suite.get('/ca.crt');
  expect(answer.headers.get('content-type')).toContain('application/x-pem-file');
  expect(await answer.text()).toBe(caBundle({ anchors: suite.keys.anchors }));
});

it.each(['key-unknown', 'key-expired', 'key-revoked', 'too-many-requests'] as const)(
  'refuses a key with the reason %s',
  async (code) => {
    suite.keys.known.set('refused', code);
    for (const path of GATED) {
      const answer = await suite.get(`/bip/refused/${path}`);
      expect(await answer.json()).toMatchObject({ code, message: `The registration key is refused: ${code}.` });
    }
  },
);

it('lets the holder of a spent key upgrade', async () => {
  suite.keys.known.set('spent', 'key-spent');
  expect((await suite.get('/bip/spent/install.sh')).status).toBe(200);
});

it('refuses a key that could break out of an address or a shell', async () => {
  expect((await suite.get(`/bip/${encodeURIComponent("a'b")}/install.sh`)).status).toBe(400);
  expect((await suite.get(`/bip/${encodeURIComponent('../x')}/install.sh`)).status).toBe(400);
});

it.runIf(process.arch === 'x64')('hands out the Node.js of this server', async () => {
  const content = Buffer.from(await (await suite.get(`/bip/${KEY}/node/linux-x64`)).arrayBuffer());
  const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  expect(digest(content)).toBe(digest(readFileSync(process.execPath)));
});

it.runIf(process.arch === 'x64')('lists what it builds, and says of the rest why not', async () => {
  const list = (await (await suite.get(`/bip/${KEY}/installers`)).json()) as InstallerList;
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
    expect(list.installers.find(({ platform }) => platform === system)?.notBuilt).toContain(`${variable} names none`);
    expect((await suite.get(`/bip/${KEY}/payload/${system}`)).status).toBe(404);
  }
  for (const { file } of built.filter(({ format }) => format !== 'script')) {
    const answer = await suite.get(`/bip/${KEY}/packages/${file}`);
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${file}"`);
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect((await answer.arrayBuffer()).byteLength).toBe(Number(answer.headers.get('content-length')));
  }
  expect((await suite.get(`/bip/${KEY}/packages/muster-agent_9.9.9_amd64.deb`)).status).toBe(404);
  expect((await suite.get(`/bip/${KEY}/packages/muster-agent_9.9.9_amd64.deb/sha256`)).status).toBe(404);
});

it.runIf(process.arch === 'x64')('tells digest, signature and certificate of the package that it gives', async () => {
  const list = (await (await suite.get(`/bip/${KEY}/installers`)).json()) as InstallerList;
  const files = list.installers.flatMap(({ file }) => file ?? []);
  expect(files).toHaveLength(2);
  for (const file of files) {
    const path = `/bip/${KEY}/packages/${file}`;
    const bytesOf = async (address: string): Promise<Buffer> =>
      Buffer.from(await (await suite.get(address)).arrayBuffer());
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
    expect((await suite.get(`${path}/key`)).status).toBe(400);
  }
});

it.runIf(process.arch === 'x64')(
  'sends so many packages at once and no more, and tells the next when to come',
  async () => {
    const path = `/bip/${KEY}/payload/linux-x64`;
    // Bodies that nobody reads stay under way.
    const stop = new AbortController();
    const answers = await Promise.all(Array.from({ length: 3 }, () => suite.get(path, stop.signal)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const refused = await suite.get(path);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    stop.abort();
    await eventually(async () => {
      const answer = await suite.get(path);
      await answer.body?.cancel();
      return answer.status === 200;
    });
  },
);

it('writes shell that shellcheck has nothing against', async () => {
  for (const name of ['install', 'uninstall']) {
    const file = join(suite.folder, `${name}-checked.sh`);
    writeFileSync(file, await (await suite.get(`/bip/${KEY}/${name}.sh`)).text());
    expect(await run('shellcheck', [file])).toEqual({ code: 0, stdout: '', stderr: '' });
  }
});
