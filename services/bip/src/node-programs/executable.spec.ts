import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Executable, readExecutable } from './executable';
import { readNodeProgram } from './node-program';

const read = (bytes: Buffer): Promise<Executable> =>
  readExecutable(async (offset, length) => bytes.subarray(offset, offset + length));

/** A 64-bit little-endian ELF file with one segment, which is loaded at an address of its own, and these libraries. */
function elf(machine: number, libraries: readonly string[]): Buffer {
  const [headers, dynamic, address] = [64, 64 + 2 * 56, 0x400000];
  const strings = Buffer.from(`\0${libraries.map((name) => `${name}\0`).join('')}`, 'latin1');
  const entries: Array<[tag: number, value: number]> = [];
  let at = 1;
  for (const name of libraries) {
    entries.push([1, at]);
    at += name.length + 1;
  }
  const stringsAt = dynamic + (entries.length + 2) * 16;
  entries.push([5, address + stringsAt], [0, 0]);
  const file = Buffer.alloc(stringsAt + strings.length);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(file);
  file.writeUInt16LE(machine, 18);
  file.writeBigUInt64LE(BigInt(headers), 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  const segment = (place: number, type: number, offset: number, bytes: number): void => {
    file.writeUInt32LE(type, headers + place * 56);
    [offset, address + offset, 0, bytes].forEach((value, index) =>
      file.writeBigUInt64LE(BigInt(value), headers + place * 56 + 8 + index * 8),
    );
  };
  segment(0, 1, 0, file.length);
  segment(1, 2, dynamic, entries.length * 16);
  entries.forEach(([tag, value], place) => {
    file.writeBigUInt64LE(BigInt(tag), dynamic + place * 16);
    file.writeBigUInt64LE(BigInt(value), dynamic + place * 16 + 8);
  });
  strings.copy(file, stringsAt);
  return file;
}
function pe(machine: number): Buffer {
  const file = Buffer.alloc(256);
  file.write('MZ', 0, 'latin1');
  file.writeUInt32LE(128, 0x3c);
  file.write('PE\0\0', 128, 'latin1');
  file.writeUInt16LE(machine, 132);
  return file;
}
function macho(processor: number): Buffer {
  const file = Buffer.alloc(64);
  file.writeUInt32LE(0xfeedfacf, 0);
  file.writeUInt32LE(processor, 4);
  return file;
}

describe('what a program runs on', () => {
  it.each([
    ['linux-x64', elf(62, ['libc.so.6', 'libstdc++.so.6'])],
    ['linux-arm64', elf(183, ['libc.so.6', 'libstdc++.so.6'])],
    ['windows-x64', pe(0x8664)],
    ['windows-arm64', pe(0xaa64)],
    ['macos-x64', macho(0x01000007)],
    ['macos-arm64', macho(0x0100000c)],
  ] as const)('is told from its header: %s', async (platform, bytes) => {
    const libraries = platform.startsWith('linux') ? ['libc.so.6', 'libstdc++.so.6'] : [];
    expect(await read(bytes)).toEqual({ platform, libraries });
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['a script', Buffer.from(`#!/bin/sh\nexec node "$@"\n${'#'.repeat(100)}`)],
    ['another processor', elf(8, [])],
    ['a DOS program', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)])],
  ])('is not made up for %s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toThrow(/^it is (not|for another)/);
  });

  it('is an error for a header that is cut short or points beyond its file, and never more', async () => {
    const whole = elf(62, ['libc.so.6']);
    for (let length = 0; length < whole.length; length += 7)
      await read(whole.subarray(0, length)).then(
        ({ platform }) => expect(platform).toBe('linux-x64'),
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
  });
});
