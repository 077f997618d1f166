import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Commands } from '../site/commands';
import { testFolder } from '../testing/folder';
import { dockerCheck } from './docker';

const bin = join(testFolder(), 'bin');
const codes = async () =>
  (await dockerCheck(new Commands({ PATH: bin })).run()).map(({ code, verdict }) => code ?? verdict);

beforeEach(() => {
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bin);
});
const program = (name: string, script: string): void =>
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
/** A docker program of this version, with compose as a plug-in or without. */
const docker = (version: string, plugin?: string): void =>
  program('docker', `[ "$1" = version ] && { echo ${version}; exit 0; }\n${plugin ? `echo ${plugin}` : 'exit 1'}`);

describe('Docker', () => {
  it('of today, with its plug-in, is well', async () => {
    docker('28.2.2', 'v2.39.1');
    expect(await codes()).toEqual(['ok', 'ok']);
  });

  it('is not installed', async () => {
    expect(await codes()).toEqual(['docker-missing', 'compose-missing']);
  });

  it('does not run: its own words', async () => {
    program('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
    const [stopped] = await dockerCheck(new Commands({ PATH: bin })).run();
    expect(stopped).toMatchObject({
      code: 'docker-stopped',
      sentence: 'Docker does not answer: Cannot connect to the Docker daemon',
    });
  });

  it('is too old, and without compose', async () => {
    docker('19.03.15');
    expect(await codes()).toEqual(['docker-old', 'compose-missing']);
  });

  it('has the compose of before: of the last version, or an older one', async () => {
    docker('20.10.24');
    program('docker-compose', 'echo 1.29.2');
    expect(await codes()).toEqual(['ok', 'compose-classic']);
    program('docker-compose', 'echo 1.27.4');
    expect(await codes()).toEqual(['ok', 'compose-old']);
  });
});
