import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { testFolder } from '../testing/folder';
import { discardStaged, placeFiles, stageFiles, withoutPins } from './staged-files';

const released = readFileSync(join(import.meta.dirname, '../../../compose/itsm/docker-compose.yml'), 'utf8');
const root = testFolder();
let folder = '';
let count = 0;

beforeEach(() => {
  folder = join(root, String(++count));
  mkdirSync(folder);
  writeFileSync(join(folder, 'docker-compose.yml'), 'services: {}\n');
  writeFileSync(join(folder, '.env'), 'MUSTER_VERSION=1.0.0\nA=b # MUSTER_VERSION\n\nexport MUSTER_VERSION = 1.0.1\n');
  chmodSync(join(folder, '.env'), 0o640);
});
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const pins = new Map([['nats', 'muster/nats:1.0.0']]);
const stage = () => stageFiles(folder, { version: '1.1.0', compose: released, pins });

describe('the files of the next version', () => {
  it('lie beside those of the present one, and give containers the variables to come', () => {
    const { composeFile, envFile } = stage();
    expect(readFileSync(envFile, 'utf8')).toBe(
      'MUSTER_VERSION=1.1.0\nA=b # MUSTER_VERSION\n\nexport MUSTER_VERSION =1.1.0\n',
    );
    expect(statSync(envFile).mode & 0o777).toBe(0o640);
    const compose = readFileSync(composeFile, 'utf8');
    expect(compose).not.toContain('env_file: [.env]');
    expect(compose.match(/env_file: \[\.env\.upgrade\]/g)).toHaveLength(
      released.match(/env_file: \[\.env\]/g)?.length ?? 0,
    );
    expect(read('docker-compose.yml')).toBe('services: {}\n');
    expect(read('.env')).toContain('MUSTER_VERSION=1.0.0');
  });

  it('take their places, also when that was interrupted, and keep what was there', () => {
    for (const times of [1, 2]) {
      stage();
      placeFiles(folder, '1.0.0');
      placeFiles(folder, '1.0.0');
      expect(read('.env'), String(times)).toContain('MUSTER_VERSION=1.1.0');
      expect(withoutPins(read('docker-compose.yml'))).toBe(released);
      expect(read('docker-compose.yml.1.0.0')).toBe('services: {}\n');
    }
    expect(readdirSync(folder).sort()).toEqual(['.env', 'docker-compose.yml', 'docker-compose.yml.1.0.0']);
  });

  it('are gone when they are discarded', () => {
    stage();
    discardStaged(folder);
    expect(readdirSync(folder).sort()).toEqual(['.env', 'docker-compose.yml']);
    expect(existsSync(join(folder, '.env.upgrade'))).toBe(false);
  });

  it('name the image that stays for each service that has it, and for no other', () => {
    const lines = (text: string): string[] => text.split('\n').filter((line) => /^\s+image:/.test(line));
    const compose = readFileSync(stage().composeFile, 'utf8');
    const changed = lines(compose).filter((line, index) => line !== lines(released)[index]);
    expect(changed).toEqual([
      '    image: muster/nats:1.0.0 # the same as ${MUSTER_IMAGE_PREFIX:-muster}/nats:${MUSTER_VERSION:?set MUSTER_VERSION in .env}',
    ]);
  });
});
