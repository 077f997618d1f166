import { chmodSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';

const root = realpathSync(testFolder());
const [bin, folder, log] = [join(root, 'bin'), join(root, 'itsm'), join(root, 'log')];
const path = env['PATH'];

beforeAll(() => {
  for (const one of [bin, folder]) mkdirSync(one);
  for (const name of ['.env', 'docker-compose.yml']) writeFileSync(join(folder, name), '');
  const script = `[ "$2 $3" = "version --short" ] && { echo v2.26.1; exit; }\n{ pwd; printf '%s\\n' "$@"; } >>${log}; exit 14\n`;
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${script}`);
  chmodSync(join(bin, 'docker'), 0o755);
  env['PATH'] = `${bin}:${path}`;
});
afterAll(() => {
  env['PATH'] = path;
});
beforeEach(() => rmSync(log, { force: true }));
const asked = (): string[] => readFileSync(log, 'utf8').split('\n').slice(0, -1);

describe('muster compose', () => {
  it("hands words on as they are, in the server's folder, and ends with the code of Compose", async () => {
    expect(await muster('compose', '--dir', folder, 'logs', '--tail', '3', 'web', '--help')).toMatchObject({
      code: 14,
    });
    expect(asked()).toEqual([folder, 'compose', 'logs', '--tail', '3', 'web', '--help']);
  });

  it('leaves what looks like its own option to Compose, from the first word on', async () => {
    const words = ['exec', 'web', 'ls', '--dir', '/nowhere', '--json', 'a b', ''];
    expect(await muster('compose', `--dir=${folder}`, ...words)).toMatchObject({ code: 14 });
    expect(asked()).toEqual([folder, 'compose', ...words]);
    rmSync(log);
    await muster('compose', '--dir', folder, '--', '--profile', 'turn', 'ps');
    expect(asked()).toEqual([folder, 'compose', '--profile', 'turn', 'ps']);
  });

  it.each([
    ['without words', [], 64],
    ['with an option that is nobody’s before them', ['--dri', folder, 'ps'], 64],
    ['with --dir and no folder', ['--dir'], 64],
    ['for JSON, which it cannot promise', ['--json', '--dir', folder, 'ps'], 64],
    ['where no stack is', ['--dir', bin, 'ps'], 78],
  ])('refuses %s', async (_what, words, code) => {
    expect(await muster('compose', ...words)).toMatchObject({ code });
    expect(asked).toThrow('ENOENT');
  });

  it('has a help of its own', async () => {
    const { code, printed } = await muster('compose', '--help');
    expect([code, printed]).toEqual([0, expect.stringContaining('muster compose ARGUMENT...')]);
  });

  it('says what is needed where there is no Compose', async () => {
    env['PATH'] = join(root, 'empty');
    expect(await muster('compose', '--dir', folder, 'ps')).toMatchObject({ code: 69 });
    env['PATH'] = `${bin}:${path}`;
  });
});
