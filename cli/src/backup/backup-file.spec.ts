import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { testFolder } from '../testing/folder';
import { writeBackupFile } from './backup-file';
import { readHeader } from './sealed/sealed-reader';

const facts = { version: '1.2.3', takenAt: '2025-06-01T02:30:00.000Z', server: 'itsm', installation: 'a1b2' } as const;
const folder = testFolder();
const write = (path: string, bytes: number, meanwhile: () => void = () => undefined) =>
  writeBackupFile(
    path,
    facts,
    'correct horse battery staple',
    async (archive) => {
      await archive.add({ kind: 'postgres' }, randomBytes(bytes));
      meanwhile();
    },
    { N: 2 ** 10, r: 8, p: 1 },
  );

const before = { SIGINT: process.listenerCount('SIGINT'), SIGTERM: process.listenerCount('SIGTERM') };

describe('a backup file', () => {
  it('gets its name when it is whole, over what an earlier run left', async () => {
    const path = join(folder, 'new folder/one.backup');
    mkdirSync(join(folder, 'new folder'));
    writeFileSync(`${path}.part`, 'of a run that was cut off');
    await write(path, 10, () => expect(existsSync(path)).toBe(false));
    expect(readdirSync(join(folder, 'new folder'))).toEqual(['one.backup']);
    expect((await readHeader(path)).version).toBe('1.2.3');
  });

  it('is not written over another', async () => {
    const path = join(folder, 'there.backup');
    writeFileSync(path, 'precious');
    await expect(write(path, 10)).rejects.toThrow('is there already');
    expect(existsSync(path)).toBe(true);
  });

  it('is gone when what fills it fails', async () => {
    const path = join(folder, 'failed/two.backup');
    const failing = write(path, 10, () => {
      throw new Error('the database went away');
    });
    await expect(failing).rejects.toThrow('the database went away');
    expect(readdirSync(join(folder, 'failed'))).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('is gone when %s ends the program', async (signal) => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`ended with ${code}`);
    });
    const path = join(folder, signal, 'three.backup');
    const stopped = write(path, 10, () => {
      expect(readdirSync(join(folder, signal))).toEqual(['three.backup.part']);
      process.emit(signal);
    });
    await expect(stopped).rejects.toThrow(/ended with 1(30|43)/);
    exit.mockRestore();
    expect(readdirSync(join(folder, signal))).toEqual([]);
    expect(process.listenerCount(signal)).toBe(before[signal]);
  });

  it('is left to the later of two runs for one name', async () => {
    const path = join(folder, 'twice.backup');
    const earlier = write(path, 10, () => {
      rmSync(`${path}.part`);
      writeFileSync(`${path}.part`, 'of the later run');
    });
    await expect(earlier).rejects.toMatchObject({ exitCode: 75 });
    expect(readdirSync(folder)).toContain('twice.backup.part');
    expect(existsSync(path)).toBe(false);
  });
});

describe('on a disk that fills', () => {
  const disk = join(folder, 'disk');
  beforeAll(() => {
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  });
  afterAll(() => execFileSync('umount', [disk]));

  it('it ends with one sentence, and everything there is as before', async () => {
    writeFileSync(join(disk, 'yesterday.backup'), 'whole');
    const error = await write(join(disk, 'today.backup'), 3_000_000).catch((fault: Error) => fault);
    expect(error).toMatchObject({ exitCode: 73 });
    expect((error as Error).message).toBe(
      `The disk of ${disk} is full: no backup was made, and what had been written of it was removed.`,
    );
    expect(readdirSync(disk)).toEqual(['yesterday.backup']);
  });
});
