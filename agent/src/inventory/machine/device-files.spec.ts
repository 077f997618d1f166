import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeviceFiles } from './device-files';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'muster-files-'))));
afterEach(() => rmSync(root, { recursive: true }));

describe('device files', () => {
  it('does not wait for a named pipe, and takes no folder for a file', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    mkdirSync(join(root, 'folder'));
    const files = new DeviceFiles(root);
    expect(await files.bytes('/pipe')).toBeUndefined();
    expect(await files.tail('/pipe', 10)).toBeUndefined();
    expect(await files.bytes('/folder')).toBeUndefined();
    const lines = [];
    for await (const line of files.lines('/pipe')) lines.push(line);
    expect(lines).toEqual([]);
  });

  it('reads what says that it is empty, and nothing that is longer than wanted', async () => {
    const files = new DeviceFiles();
    expect(await files.text('/proc/self/comm')).toBeTruthy();
    expect(await files.bytes('/dev/zero')).toBeUndefined();
    writeFileSync(join(root, 'long'), 'x'.repeat(1000));
    expect(await new DeviceFiles(root).bytes('/long', 999)).toBeUndefined();
    expect((await new DeviceFiles(root).tail('/long', 10))?.length).toBe(10);
  });

  it('follows links, lists names in order, and is silent about what is not there', async () => {
    writeFileSync(join(root, 'b'), ' text \n');
    symlinkSync('b', join(root, 'a'));
    const files = new DeviceFiles(root);
    expect(await files.names('/')).toEqual(['a', 'b']);
    expect(await files.text('/a')).toBe('text');
    expect(await files.link('/a')).toBe('b');
    expect(await files.real('/a')).toBe('/b');
    expect(await Promise.all([files.text('/c'), files.stat('/c'), files.link('/c'), files.why('/c')])).toEqual(
      Array(4).fill(undefined),
    );
    expect(await files.names('/c')).toEqual([]);
    expect(await files.space('/')).toBeGreaterThan(0);
  });
});
