import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARM64, elf, macho, pe, POWERPC, universal, X64 } from '../testing/executables';
import { type Executable, readExecutable } from './executable';
import { readNodeProgram } from './node-program';

const read = (bytes: Buffer): Promise<Executable> =>
  readExecutable(async (offset, length) => bytes.subarray(offset, offset + length));

describe('what a program runs on', () => {
  it.each([
    ['linux-x64', elf(62, ['libc.so.6', 'libstdc++.so.6'])],
    ['linux-arm64', elf(183, ['libc.so.6', 'libstdc++.so.6'])],
    ['windows-x64', pe(0x8664)],
    ['windows-arm64', pe(0xaa64)],
    ['macos-x64', macho(X64)],
    ['macos-arm64', macho(ARM64)],
  ] as const)('is told from its header: %s', async (platform, bytes) => {
    const libraries = platform.startsWith('linux') ? ['libc.so.6', 'libstdc++.so.6'] : [];
    expect(await read(bytes)).toEqual({ platforms: [platform], libraries });
  });

  it.each([false, true])('is several platforms for a universal one (64-bit offsets: %s)', async (wide) => {
    expect(await read(universal([macho(X64), macho(ARM64)], wide))).toEqual({
      platforms: ['macos-x64', 'macos-arm64'],
      libraries: [],
    });
    expect(await read(universal([macho(POWERPC), macho(ARM64)], wide))).toMatchObject({ platforms: ['macos-arm64'] });
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['a script', Buffer.from(`#!/bin/sh\nexec node "$@"\n${'#'.repeat(100)}`)],
    ['another processor', elf(8, [])],
    ['a DOS program', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)])],
    ['a library of Windows', pe(0x8664, 0x2022)],
    ['a 32-bit header of Windows', pe(0x8664, 0x22, 0x10b)],
    ['Windows on another processor', pe(0x014c)],
    ['a library of macOS', macho(ARM64, 6)],
    ['a universal one for other processors', universal([macho(POWERPC)])],
    ['a Java class', Buffer.concat([Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61]), Buffer.alloc(200)])],
  ])('is not made up for %s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toThrow(/^it is (not|for another)/);
  });

  it('is an error for a universal program whose table points beyond it', async () => {
    const whole = universal([macho(X64), macho(ARM64)]);
    await expect(read(whole.subarray(0, whole.length - 10))).rejects.toThrow('damaged');
  });

  it('is an error for a header that is cut short or points beyond its file, and never more', async () => {
    const whole = elf(62, ['libc.so.6']);
    for (let length = 0; length < whole.length; length += 7)
      await read(whole.subarray(0, length)).then(
        ({ platforms }) => expect(platforms).toEqual(['linux-x64']),
        (error: unknown) => expect(error).toBeInstanceOf(Error),
      );
  });
});

describe('a Node.js to travel', () => {
  let folder: string;
  const at = (name: string, bytes: Buffer): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-executable-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.runIf(process.platform === 'linux' && process.arch === 'x64')('is what runs this test', async () => {
    const node = await readNodeProgram('linux-x64', process.execPath);
    expect(node.libraries).toContain('libc.so.6');
    expect(node.bytes).toBeGreaterThan(10_000_000);
  });

  it('must be of its platform, and need no library that other systems lack', async () => {
    await expect(readNodeProgram('linux-arm64', at('x64', elf(62, ['libc.so.6'])))).rejects.toThrow(
      'it is for linux-x64',
    );
    await expect(readNodeProgram('linux-x64', at('debian', elf(62, ['libnode.so.108', 'libc.so.6'])))).rejects.toThrow(
      'it needs libnode.so.108 beside it',
    );
    await expect(readNodeProgram('linux-x64', join(folder, 'none'))).rejects.toThrow('ENOENT');
    await expect(readNodeProgram('macos-x64', at('windows', pe(0x8664)))).rejects.toThrow('it is for windows-x64');
    await expect(readNodeProgram('windows-arm64', at('windows', pe(0x8664)))).rejects.toThrow('it is for windows-x64');
    const both = at('both', universal([macho(X64), macho(ARM64)]));
    expect(await readNodeProgram('macos-x64', both)).toMatchObject({ platform: 'macos-x64' });
    expect(await readNodeProgram('macos-arm64', both)).toMatchObject({ platform: 'macos-arm64' });
    await expect(readNodeProgram('windows-x64', both)).rejects.toThrow('it is for macos-x64 and macos-arm64');
  });
});
