import { describe, expect, it } from 'vitest';
import { needRoom } from './room';
import { bytesIn } from './volume-bytes';

const GB = 1e9;
const content = { files: 0.1 * GB, queues: 1 * GB, packages: 2 * GB, database: 1 * GB };
/** 8 for the data on its disk, of which 5 are what a database of that dump takes; 1.5 to spare; 0.1 of files. */
const NEEDS = 9.6 * GB;

describe('the room for a restore', () => {
  it('is what all of it takes when both are on one disk', () => {
    const one = { disks: { files: '/tmp', data: '/tmp/not/there/yet' }, content, freed: 0 };
    expect(() => needRoom(one, () => NEEDS)).not.toThrow();
    expect(() => needRoom(one, () => NEEDS - 1)).toThrow(
      'The restore needs 9600 MB on the disk of /tmp/not/there/yet, and 9599 MB are free. Nothing was changed.',
    );
  });

  it('counts what is removed before', () => {
    const one = { disks: { files: '/tmp', data: '/tmp' }, content, freed: 5 * GB };
    expect(() => needRoom(one, () => NEEDS - 5 * GB)).not.toThrow();
    expect(() => needRoom(one, () => NEEDS - 5.5 * GB)).toThrow(
      '4100 MB are free, 9100 MB once what is replaced is gone',
    );
  });

  it('is looked for on each disk: another one than that of the files has the data', () => {
    const two = { disks: { files: '/tmp', data: '/proc' }, content, freed: 0 };
    const free = (full: string) => (folder: string) => (folder === full ? 0 : NEEDS);
    expect(() => needRoom(two, free('/tmp'))).toThrow('needs 100 MB on the disk of /tmp');
    expect(() => needRoom(two, free('/proc'))).toThrow('needs 9500 MB on the disk of /proc');
  });
});

describe('what Docker says of the size of a volume', () => {
  it.each([
    ['0B', 0],
    ['17.5kB', 17_500],
    ['1.234GB', 1_234_000_000],
    ['N/A', 0],
    ['', 0],
  ])('%s', (size, bytes) => expect(bytesIn(size)).toBe(bytes));
});
