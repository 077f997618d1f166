import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSecrets, secret } from './secrets';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'muster-secrets-'))));
afterEach(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

describe('the secrets of a container', () => {
  it('are read without the one line end that an editor leaves', () => {
    write('nats-web', 'abc\n');
    write('nats-leaf', 'def\n\n');
    expect([...readSecrets(folder)].sort()).toEqual([
      ['nats-leaf', 'def\n'],
      ['nats-web', 'abc'],
    ]);
  });

  it('are refused by name when one is empty, cannot be read or is missing', () => {
    write('nats-web', '\n');
    expect(() => readSecrets(folder)).toThrow('the secret nats-web is empty');
    expect(() => secret(new Map(), 'nats-web')).toThrow('the secret nats-web is missing');
    const odd = mkdtempSync(join(folder, 'folder-'));
    rmSync(join(folder, 'nats-web'));
    expect(() => readSecrets(folder)).toThrow(/the secret folder-\w+ cannot be read \(EISDIR\)/);
    rmSync(odd, { recursive: true });
  });
});
