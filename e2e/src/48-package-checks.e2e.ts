import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type InstallerList, listInstallers } from '@muster/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { raw } from './harness/api';
import { newPackageKey } from './harness/packages';
import { asAdmin } from './harness/people';
import { describeWhere } from './harness/real-machines';
import { data, httpsPort, ITSM_DOMAIN, project } from './harness/stack';

/** What the documentation tells administrators to type: to fetch a package, and to check it. */
const [fetching = '', checking = ''] = (
  readFileSync(join(project, 'docs/administration/installers.md'), 'utf8').match(/```\n[^]*?\n```/g) ?? []
)
  .filter((block) => /\.sha256"|\/\$part/.test(block))
  .map((block) => block.slice(4, -4));
let folder: string;
let file = '';

/** Types lines into a shell of somebody who knows where the server is. */
const type = (lines: string) =>
  promisify(execFile)('sh', ['-ec', lines], { cwd: folder, env: { ...process.env, CURL_HOME: folder, file } });

describeWhere({ x64: true }, 'a package, checked as the documentation says', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-checks-'));
    const { key } = await newPackageKey(await asAdmin());
    const { text } = await raw({ path: listInstallers.path.replace(':key', key) });
    const { installers } = JSON.parse(text) as InstallerList;
    file = installers.find(({ platform, format }) => platform === 'linux-x64' && format === 'deb')?.file ?? '';
    copyFileSync(join(data, 'certificates/anchors.pem'), join(folder, 'ca.crt'));
    writeFileSync(join(folder, '.curlrc'), `resolve = ${ITSM_DOMAIN}:${httpsPort}:127.0.0.1\n`);
    const here = `base=https://${ITSM_DOMAIN}:${httpsPort}/bip/${key}/packages file=${file}`;
    const lines = fetching.replace(/^base=.*$/m, here);
    expect(lines).toContain(here);
    await type(lines);
    // A package of the next five minutes.
    await type('sha256sum -c "$file.sha256"').catch(() => type(lines));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const as = (name: string): string => join(folder, `${file}${name}`);
  const copyOf = (name: string): (() => void) => {
    const content = readFileSync(as(name));
    return () => writeFileSync(as(name), content);
  };

  it('is what the server made, by the word of the key for releases', async () => {
    expect((await type(checking)).stdout).toMatch(/Verified OK\n.*: OK\n$/);
  });

  /** Its last bit is another one. */
  const flipped = (bytes: Buffer): Buffer =>
    Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])]);

  it.each([
    ['a package that was changed', '', flipped],
    ['a digest that was changed', '.sha256', (bytes: Buffer) => Buffer.from(bytes.toString().replace(/^../, 'zz'))],
    ['a signature that was changed', '.sig', flipped],
    [
      'a key of the suite that is not for releases',
      '.crt',
      () => readFileSync(join(data, 'authority/signing/operation.crt')),
    ],
  ])('is refused with %s', async (_what, name, change) => {
    const restore = copyOf(name);
    writeFileSync(as(name), change(readFileSync(as(name))));
    await expect(type(checking)).rejects.toMatchObject({ code: expect.any(Number) });
    restore();
    await type(checking);
  });

  it('is refused with another suite’s key for releases', async () => {
    const restore = copyOf('.crt');
    await type(`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out "$file.crt" \\
      -subj /CN=release -days 2 -addext extendedKeyUsage=2.25.161302485098413846421908730113580946019
      openssl dgst -sha256 -sign other.key -out "$file.sig" "$file.sha256"`);
    await expect(type(checking)).rejects.toMatchObject({ stderr: expect.stringContaining('verification failed') });
    restore();
  });
});
