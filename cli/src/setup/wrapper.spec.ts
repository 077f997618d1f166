import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { muster } from '../testing/muster';
import { testFolder } from '../testing/folder';
import { installWrapper, wrapper } from './wrapper';

const released = join(import.meta.dirname, '../../../compose/muster');
// Below /var: one of the folders that a system is made of, which are not mounted as a whole.
const root = testFolder('/var/tmp');
const [bin, itsm, program] = [join(root, 'bin'), join(root, 'itsm'), join(root, 'muster')];

beforeAll(() => {
  for (const folder of [bin, itsm, join(root, 'out')]) mkdirSync(folder);
  // A docker program that says with what it was called, and has images up to 1.5.
  const script = `case $1-$3 in image-*/cli:1.5.*) exit 0 ;; image-*) exit 1 ;; esac\nprintf "%s\\n" "$@"\nexit 7\n`;
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${script}`);
  chmodSync(join(bin, 'docker'), 0o755);
  writeFileSync(join(itsm, 'docker-compose.yml'), 'services: {}\n');
  writeFileSync(
    join(itsm, '.env'),
    `MUSTER_VERSION=1.4.0\nMUSTER_IMAGE_PREFIX="registry.test:5000/muster" # ours\nITSM_CERTS_DIR=${root}/out\n`,
  );
  writeFileSync(program, wrapper('registry.test/muster/cli:1.3.0'), { mode: 0o755 });
});

interface Ran {
  code: number | null;
  words: string[];
  told: string;
  mounts: string[];
  image: string;
}

function call(
  words: string[],
  { cwd = root, env = {} as Record<string, string>, path = `${bin}:/usr/bin:/bin` } = {},
): Ran {
  const reply = spawnSync(program, words, { cwd, env: { PATH: path, ...env }, encoding: 'utf8', input: '' });
  const said = reply.stdout.split('\n').slice(0, -1);
  const mounts = said.flatMap((word) => /^type=bind,source=(.*),target=/.exec(word)?.[1] ?? []);
  const image = said.find((word) => /\/cli:/.test(word)) ?? '';
  return { code: reply.status, words: said.slice(said.indexOf(image) + 1), told: reply.stderr, mounts, image };
}

describe('muster from its image', () => {
  it('is a shell program that shellcheck has nothing against', () => {
    expect(execFileSync('shellcheck', [released], { encoding: 'utf8' })).toBe('');
  });

  it('is printed by the command, with the image that it came in', async () => {
    const { code, printed } = await muster('wrapper');
    expect(code).toBe(0);
    expect(printed).toBe(readFileSync(released, 'utf8').replace(/^usual_image=.*$/m, 'usual_image=muster/cli:1.2.3'));
    expect(() => wrapper('x; rm -rf /')).toThrow('is no name of an image');
  });

  it('takes the image that it came with, and beside a server that of the version there', () => {
    expect(call(['status'])).toMatchObject({ code: 7, image: 'registry.test/muster/cli:1.3.0', words: ['status'] });
    const here = 'registry.test:5000/muster/cli:1.4.0';
    expect(call(['status'], { cwd: itsm }).image).toBe(here);
    expect(call(['status', '--dir', itsm]).image).toBe(here);
    expect(call(['logs', 'web', `--dir=${itsm}`]).image).toBe(here);
    expect(call(['upgrade', '--to', '1.5.0', '--dir', itsm]).image).toBe('registry.test:5000/muster/cli:1.5.0');
    // One that is not here cannot be fetched perhaps; then the version that runs reads the release.
    expect(call(['upgrade', '--to=1.6.0', '--dir', itsm]).image).toBe(here);
    // What "compose" is asked is not muster's.
    expect(call(['compose', '--dir', itsm, 'exec', 'web', 'ls', '--dir', '/etc', '--to', '1.5.0']).image).toBe(here);
    expect(call(['compose', 'exec', 'web', 'ls', '--dir', itsm]).image).toBe('registry.test/muster/cli:1.3.0');
    expect(call(['status', '--dir', itsm], { env: { MUSTER_IMAGE: 'mine/cli:dev' } }).image).toBe('mine/cli:dev');
  });

  it('leaves it to the copy in a server’s folder, which upgrades keep at the version that runs', () => {
    const server = join(root, 'upgraded');
    mkdirSync(server);
    for (const name of ['docker-compose.yml', '.env'])
      writeFileSync(join(server, name), readFileSync(join(itsm, name)));
    const copy = join(server, 'muster');
    writeFileSync(copy, wrapper('muster/cli:1.4.0').replace('set -eu', 'set -eu; echo newer >&2'), { mode: 0o755 });
    expect(call(['status', '--dir', server])).toMatchObject({ told: 'newer\n', words: ['status', '--dir', server] });
    expect(spawnSync(copy, ['status'], { cwd: server, env: { PATH: `${bin}:/usr/bin:/bin` } }).status).toBe(7);
    chmodSync(copy, 0o644);
    expect(call(['status', '--dir', server])).toMatchObject({ code: 7, told: '' });
  });

  it('sees the folders of the server, without those that a system is made of', () => {
    const { mounts } = call(['status']);
    expect(mounts).toContain('/tmp');
    expect(mounts).toContain('/var/run/docker.sock');
    expect(mounts).toContain(root); // the current folder
    for (const folder of ['/', '/etc', '/usr', '/var', '/proc', '/var/lib']) expect(mounts).not.toContain(folder);
    expect(new Set(mounts).size).toBe(mounts.length);
  });

  it('sees of those what is named: files, what is to be written, the environment, the .env file', () => {
    const words = [
      'setup',
      '--certificate',
      '/etc/hostname',
      `--answers=${join(itsm, '.env')}`,
      join(root, 'out/new/b'),
    ];
    const { mounts, words: given } = call(words, {
      cwd: '/',
      env: { MUSTER_TOKEN_FILE: join(itsm, 'docker-compose.yml') },
    });
    expect(given).toEqual(words);
    for (const path of ['/etc/hostname', join(itsm, '.env'), join(itsm, 'docker-compose.yml'), join(root, 'out')])
      expect(mounts, path).toContain(path);
    expect(mounts).not.toContain(root);
    expect(call(['doctor', '--dir', itsm], { cwd: '/' }).mounts).toContain(join(root, 'out'));
    expect(call(['status', '/var/lib/nothing/here', '/boot/x', 'x/../y'], { cwd: '/' }).code).toBe(7);
  });

  it('hands words on as they are, and secrets of the environment by name alone', () => {
    const words = ['user', 'add', 'a b@c.test', '--name', '* $(id) "x"', ''];
    const ran = call(words, { env: { MUSTER_TOKEN: 'very secret' } });
    expect(ran.words).toEqual(words);
    const said = spawnSync(program, words, { env: { PATH: `${bin}:/usr/bin:/bin`, MUSTER_TOKEN: 'very secret' } });
    expect(said.stdout.toString()).toContain('--env\nMUSTER_TOKEN\n');
    expect(said.stdout.toString()).not.toContain('very secret');
  });

  it('says what it lacks: Docker, an engine of this server, a path that can be mounted', () => {
    const tools = join(root, 'tools');
    mkdirSync(tools);
    for (const tool of ['sh', 'sed', 'env', 'tail']) {
      writeFileSync(join(tools, tool), `#!/bin/sh\nexec /usr/bin/${tool} "$@"\n`, { mode: 0o755 });
    }
    expect(call([], { path: tools })).toMatchObject({ code: 69, told: expect.stringContaining('not installed') });
    const elsewhere = { DOCKER_HOST: 'tcp://192.0.2.1:2375' };
    expect(call([], { env: elsewhere })).toMatchObject({ code: 78, told: expect.stringContaining('another machine') });
    const comma = join(root, 'a,b');
    mkdirSync(comma);
    expect(call(['x', comma])).toMatchObject({ code: 64, told: expect.stringContaining('comma') });
  });

  it('lies in the folder of a server, for its version, once', () => {
    expect(installWrapper(itsm)).toBe(true);
    expect(installWrapper(itsm)).toBe(false);
    expect(statSync(join(itsm, 'muster')).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(itsm, 'muster'), 'utf8')).toContain('usual_image=registry.test:5000/muster/cli:1.4.0\n');
  });
});
