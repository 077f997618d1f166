import { createHmac } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AccountsFile } from './accounts-file';
import { formatVerifier, scramVerifier } from './scram-verifier';

let folder: string;
let path: string;
let saved = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-accounts-'));
  path = join(folder, 'users');
});
afterEach(() => rmSync(folder, { recursive: true }));

function save(...lines: string[]): void {
  writeFileSync(path, lines.join('\n'), { mode: 0o600 });
  // Two changes within the resolution of the file system's clock are still two.
  utimesSync(path, 1, ++saved);
}
const open = (key = 'k'): AccountsFile =>
  new AccountsFile({ path, saltKey: Buffer.from(key), isReserved: (name) => name.startsWith('device') });
const matches = async (file: AccountsFile, name: string, password: string): Promise<boolean | undefined> =>
  (await file.find(name))?.secret.matches(password);

it('reads names and passwords', async () => {
  save('\uFEFF# tools', '', 'Romeo:a:b # c ', 'πδ:ﬁ\u0301');
  const file = open();
  expect(file.count).toBe(2);
  expect((await file.find('romeo'))?.account).toEqual({ username: 'romeo', kind: 'tool' });
  expect(await matches(file, 'romeo', 'a:b # c ')).toBe(true);
  expect(await matches(file, 'romeo', 'a:b # c')).toBe(false);
  expect(await file.find('Romeo')).toBeUndefined();
  const salt = Buffer.from('0123456789abcdef');
  const derived = await (await file.find('romeo'))?.secret.scram('SHA-512');
  expect(derived?.iterations).toBeGreaterThanOrEqual(4096);
  const again = derived && (await scramVerifier('SHA-512', 'a:b # c ', derived.salt, derived.iterations));
  expect(again).toEqual(derived);
  expect(derived?.salt).not.toEqual(salt);
});

it('reads verifiers, and checks PLAIN against them or the HMAC beside them', async () => {
  const salt = Buffer.from('salt of the earth');
  const verifier = await scramVerifier('SHA-256', 'pencil', salt, 4096);
  const hmac = createHmac('sha256', salt).update('eraser').digest('base64');
  const line = formatVerifier('SHA-256', verifier);
  save(`slow:${line}`, `fast:${line} HMAC-SHA-256$${salt.toString('base64')}$${hmac}`);
  const file = open();
  expect(await (await file.find('slow'))?.secret.scram('SHA-256')).toEqual(verifier);
  expect(await (await file.find('slow'))?.secret.scram('SHA-1')).toBeUndefined();
  expect(await matches(file, 'slow', 'pencil')).toBe(true);
  expect(await matches(file, 'slow', 'pencils')).toBe(false);
  expect(await matches(file, 'fast', 'eraser')).toBe(true);
  expect(await matches(file, 'fast', 'pencil')).toBe(false);
});

it('names every faulty line, and no secret', () => {
  const wrong = ['nonsense', ':x', 'a b:x', 'empty:', 'tab:a\tb', 'device-1:x', 'v:SCRAM-SHA-256$10:YQ==$YQ==:YQ=='];
  save('good:one', ...wrong, 'v:SCRAM-SHA-256$4096:YQ==$YQ==:YQ==', 'h:HMAC-SHA-256$YQ==$YQ==', 'GOOD:two');
  let message = '';
  try {
    open();
  } catch (error) {
    message = String(error);
  }
  const lines = [...message.matchAll(/users:(\d+): /g)].map(([, line]) => Number(line));
  expect(lines).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(message).not.toContain('YQ==');
});

it('takes changes, and keeps what it has while they are faulty', async () => {
  save('stays:one', 'changes:one', 'goes:one');
  const file = open();
  expect(file.reload()).toBeUndefined();
  save('nonsense');
  expect(() => file.reload()).toThrow('users:1');
  expect(await matches(file, 'stays', 'one')).toBe(true);
  save('stays:one', 'changes:two', 'comes:one');
  expect(file.reload()).toEqual(['changes', 'goes']);
  expect(await matches(file, 'changes', 'two')).toBe(true);
  expect(await file.find('goes')).toBeUndefined();
  expect(file.isExposed).toBe(false);
  chmodSync(path, 0o644);
  expect(file.isExposed).toBe(true);
});

it('has decoys that look like accounts, and are the same after each start', async () => {
  const salt = Buffer.from('sixteen or twenty');
  save('one:secret', `two:${formatVerifier('SHA-256', await scramVerifier('SHA-256', 'x', salt, 5000))}`);
  const file = open();
  const decoys = await Promise.all(
    Array.from({ length: 40 }, (_, index) => file.decoy(`nobody-${index}`).scram('SHA-256')),
  );
  const shapes = new Set(decoys.map((decoy) => `${decoy?.salt.length} ${decoy?.iterations}`));
  const known = (await (await file.find('one'))?.secret.scram('SHA-256')) ?? { salt, iterations: 0 };
  expect([...shapes].sort()).toEqual([`${known.salt.length} ${known.iterations}`, '17 5000'].sort());
  expect(await open().decoy('nobody-1').scram('SHA-256')).toEqual(decoys[1]);
  expect(await open('other').decoy('nobody-1').scram('SHA-256')).not.toEqual(decoys[1]);
  expect(new Set(decoys.map((decoy) => decoy?.salt.toString('hex'))).size).toBe(40);
  expect(await file.decoy('nobody-1').matches('secret')).toBe(false);
});
