import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordedLog } from '../testing/recorded-log';
import { smallProgram } from '../testing/small-programs';
import { writeAll } from '../state/files';
import { ReportSpool, type SpoolBounds, type SpooledBatch, type SpoolParts } from './report-spool';
import { ReportTime } from './report-time';
import { recordLine } from './spool-segment';

let folder: string;
let log: RecordedLog;
let wall: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-spool-'));
  log = new RecordedLog();
  wall = Date.parse('2026-06-01T00:00:00Z');
});
afterEach(() => rmSync(folder, { recursive: true }));

const time = () =>
  new ReportTime({ known: false, now: () => wall }, { wall: () => wall, up: () => wall / 1000, boot: 'one' });
const open = (bounds: Partial<SpoolBounds> = {}, parts: Partial<SpoolParts> = {}): ReportSpool =>
  new ReportSpool(folder, { bytes: 1e6, ...bounds }, { log, time: time(), ...parts });
const add = (spool: ReportSpool, text: string): number =>
  spool.append({ kind: 'test', takenAt: new Date(wall).toISOString(), text });
const FULL = { reports: 500, bytes: 500_000 };
const take = (spool: ReportSpool, limits = FULL): SpooledBatch | undefined => spool.peek(limits, new Date(wall));
const textsOf = (batch: SpooledBatch | undefined): string[] =>
  ((batch?.reports ?? []) as unknown as Array<{ text: string }>).map(({ text }) => text);
const numbersOf = (batch: SpooledBatch | undefined): number[] => (batch?.reports ?? []).map(({ sequence }) => sequence);
/** Everything that waits, as a server would get it. */
function drain(spool: ReportSpool, limits = FULL): Array<{ spool: string; sequence: number; text: string }> {
  const all: Array<{ spool: string; sequence: number; text: string }> = [];
  for (let batch = take(spool, limits); batch; batch = take(spool, limits)) {
    for (const [index, text] of textsOf(batch).entries())
      all.push({ spool: batch.spool, sequence: numbersOf(batch)[index] ?? 0, text });
    spool.handled(batch);
  }
  return all;
}
const files = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.spool'))
    .sort();

describe('a spool', () => {
  it('numbers reports from 1 without gaps and gives them again until they are handled', () => {
    const spool = open();
    expect([add(spool, 'a'), add(spool, 'b'), add(spool, 'c')]).toEqual([1, 2, 3]);
    const first = take(spool, { ...FULL, reports: 2 });
    expect(textsOf(first)).toEqual(['a', 'b']);
    expect(take(spool, { ...FULL, reports: 2 })).toEqual(first);
    expect(spool.waiting).toBe(3);
    spool.handled(first as SpooledBatch);
    expect(textsOf(take(spool))).toEqual(['c']);
    expect(spool.waiting).toBe(1);
  });

  it('goes on after a restart with the same id and the next number, and forgets what was handled', () => {
    const first = open();
    for (const text of ['a', 'b', 'c']) add(first, text);
    const batch = take(first, { ...FULL, reports: 2 }) as SpooledBatch;
    first.handled(batch);
    first.close();
    const second = open();
    expect(second.waiting).toBe(1);
    expect(add(second, 'd')).toBe(4);
    const rest = take(second);
    expect([rest?.spool, numbersOf(rest), textsOf(rest)]).toEqual([batch.spool, [3, 4], ['c', 'd']]);
  });

  it('keeps the count through emptied and worn files', () => {
    let spool = open({ segmentBytes: 2000 });
    let expected = 1;
    for (let round = 0; round < 30; round++) {
      for (let count = 0; count < 9; count++) expect(add(spool, 'x'.repeat(100))).toBe(expected++);
      expect(drain(spool, { ...FULL, reports: 4 })).toHaveLength(9);
      expect(spool.waiting).toBe(0);
      if (round % 3 === 0) {
        spool.close();
        spool = open({ segmentBytes: 2000 });
      }
    }
    expect(spool.bytes).toBeLessThan(5000);
    expect(files().length).toBeLessThanOrEqual(2);
  });

  it('does not grow a file for ever that is emptied each time', () => {
    const spool = open();
    for (let round = 0; round < 200; round++) {
      for (let count = 0; count < 5; count++) add(spool, 'x'.repeat(200));
      drain(spool);
    }
    expect(spool.bytes).toBeLessThan(64_000);
  });

  it('bounds a batch by count and by bytes, but sends one that is longer alone', () => {
    const spool = open();
    for (const length of [100, 100, 9000, 100]) add(spool, 'x'.repeat(length));
    const lengths: number[][] = [];
    for (
      let batch = take(spool, { reports: 500, bytes: 1000 });
      batch;
      batch = take(spool, { reports: 500, bytes: 1000 })
    ) {
      lengths.push(textsOf(batch).map(({ length }) => length));
      spool.handled(batch);
    }
    expect(lengths).toEqual([[100, 100], [9000], [100]]);
  });

  it('drops the oldest when it is full, and says how many', () => {
    const spool = open({ bytes: 50_000, segmentBytes: 5000 });
    for (let count = 1; count <= 1000; count++) add(spool, `${count} ${'x'.repeat(100)}`);
    expect(spool.bytes).toBeLessThanOrEqual(50_000);
    const dropped = log.lines.reduce((sum, { event, fields }) => {
      expect(event).toBe('oldest reports dropped, the spool is full');
      return sum + Number(fields['dropped']);
    }, 0);
    expect(dropped + spool.waiting).toBe(1000);
    expect(dropped).toBeGreaterThan(500);
    const left = drain(spool);
    expect(left.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 1000 - dropped }, (_, index) => dropped + 1 + index),
    );
  });

  it('goes on when the batch under way was dropped for want of room', () => {
    const spool = open({ bytes: 20_000, segmentBytes: 4000 });
    add(spool, 'first');
    const batch = take(spool) as SpooledBatch;
    for (let count = 0; count < 400; count++) add(spool, 'x'.repeat(100));
    const before = spool.waiting;
    spool.handled(batch);
    expect(spool.waiting).toBe(before);
    expect(drain(spool)).toHaveLength(before);
  });

  it('drops what is too old', () => {
    const spool = open({ ageMs: 8 * 86_400_000, segmentBytes: 1000 });
    for (let day = 0; day < 20; day++) {
      add(spool, `day ${day}`);
      wall += 86_400_000;
    }
    expect(drain(spool).map(({ text }) => text)).toEqual([12, 13, 14, 15, 16, 17, 18, 19].map((day) => `day ${day}`));
    expect(log.lines.reduce((sum, { fields }) => sum + Number(fields['dropped']), 0)).toBe(12);
  });

  it('holds a week of samples and hands them out in full batches', () => {
    const spool = open({ bytes: 50e6 });
    const text = 'x'.repeat(2000);
    for (let count = 0; count < 10_000; count++) add(spool, text);
    spool.close();
    const again = open({ bytes: 50e6 });
    expect(again.waiting).toBe(10_000);
    let batches = 0;
    let next = 1;
    for (let batch = take(again); batch; batch = take(again)) {
      batches++;
      for (const number of numbersOf(batch)) expect(number).toBe(next++);
      again.handled(batch);
    }
    expect(next).toBe(10_001);
    expect(batches).toBeLessThan(50);
    expect(again.bytes).toBeLessThan(1e6);
  });
});

// They flush to the disk hundreds of times.
describe('after a crash', { timeout: 120_000 }, () => {
  it('is whole up to where its file is cut off, wherever that is', () => {
    const spool = open();
    for (let count = 1; count <= 5; count++) add(spool, `text ${count} €`);
    spool.close();
    const [name = ''] = files();
    const content = readFileSync(join(folder, name));
    const id = take(spool)?.spool;
    for (let cut = 0; cut <= content.length; cut += 2) {
      writeFileSync(join(folder, name), content.subarray(0, cut));
      const reopened = open();
      const left = drain(reopened);
      expect(left.map(({ text }) => text)).toEqual(left.map((_, index) => `text ${index + 1} €`));
      const next = add(reopened, 'new');
      expect(next).toBe(left.length + 1);
      // Without its head the file says nothing: a new spool begins.
      if (left.length > 0) expect(take(reopened)?.spool).toBe(id);
      reopened.close();
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
    }
  });

  it('never gives a number to two reports, whatever byte is damaged', () => {
    const original = join(folder, 'original');
    mkdirSync(original);
    const spool = open();
    for (let count = 1; count <= 4; count++) add(spool, `text ${count}`);
    const sent = take(spool) as SpooledBatch;
    const texts = new Map(numbersOf(sent).map((number, index) => [`${sent.spool} ${number}`, textsOf(sent)[index]]));
    spool.close();
    const [name = ''] = files();
    copyFileSync(join(folder, name), join(original, name));
    const content = readFileSync(join(original, name));
    for (let place = 0; place < content.length; place += 3) {
      const damaged = Buffer.from(content);
      damaged[place] = (damaged[place] ?? 0) ^ 0x15;
      for (const file of files()) rmSync(join(folder, file));
      rmSync(join(folder, 'sent.json'), { force: true });
      writeFileSync(join(folder, name), damaged);
      const reopened = open();
      for (let count = 0; count < 3; count++) add(reopened, `after ${place} ${count}`);
      const left = drain(reopened);
      expect(left.filter(({ text }) => text.startsWith('after'))).toHaveLength(3);
      // What was torn off at the very end cannot be told from what never was there; it was not damaged by a crash.
      const torn = place >= content.lastIndexOf(0x0a, content.length - 2);
      for (const { spool: id, sequence, text } of left)
        if (!torn) expect(texts.get(`${id} ${sequence}`) ?? text, `byte ${place}`).toBe(text);
      reopened.close();
    }
  });

  it('loses nothing that was kept and gives no number twice when it is killed in the middle of writing', async () => {
    const program = await smallProgram('spool-writer', folder);
    const spoolFolder = join(folder, 'spool');
    const kept = new Map<string, number>();
    const sent = new Map<string, string>();
    for (let round = 0; round < 12; round++) {
      const child: ChildProcess = spawn(process.execPath, [program, spoolFolder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout?.on('data', (bytes: Buffer) => (output += bytes.toString()));
      await once(child.stdout as NodeJS.ReadableStream, 'data');
      await pause(30 + Math.random() * 120);
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
      for (const line of output
        .slice(0, output.lastIndexOf('\n') + 1)
        .trimEnd()
        .split('\n')) {
        const [what = '', ...rest] = line.split(' ');
        if (what === 'kept') kept.set(rest[1] ?? '', Number(rest[0]));
        else {
          const [id, number, text = ''] = rest;
          expect(sent.get(`${id} ${number}`) ?? text).toBe(text);
          sent.set(`${id} ${number}`, text);
        }
      }
    }
    const spool = new ReportSpool(spoolFolder, { bytes: 10e6, segmentBytes: 4000 }, { log, time: time() });
    for (const { spool: id, sequence, text } of drain(spool)) {
      expect(sent.get(`${id} ${sequence}`) ?? text).toBe(text);
      sent.set(`${id} ${sequence}`, text);
    }
    const received = new Set(sent.values());
    expect([...kept.keys()].filter((text) => !received.has(text))).toEqual([]);
    expect(kept.size).toBeGreaterThan(500);
    expect(new Set([...sent.keys()].map((key) => key.split(' ')[0])).size).toBe(1);
    expect([...kept.values()].every((number) => number > 0)).toBe(true);
  });
});

describe('when files are changed behind its back', () => {
  it('gives up a file that cannot be read any more, and goes on with the others', () => {
    const spool = open({ segmentBytes: 1000 });
    for (let count = 1; count <= 30; count++) add(spool, `text ${count}`);
    const [first = '', second = ''] = files();
    rmSync(join(folder, first));
    rmSync(join(folder, second));
    mkdirSync(join(folder, second));
    const left = drain(spool);
    expect(left.length).toBeGreaterThan(5);
    expect(left.at(-1)?.text).toBe('text 30');
    const lost = log.lines.reduce((sum, { fields }) => sum + Number(fields['lost'] ?? 0), 0);
    expect(lost + left.length).toBe(30);
    expect(add(spool, 'after')).toBe(31);
  });

  it('begins a new spool when all of it is gone', () => {
    const spool = open();
    add(spool, 'a');
    const before = take(spool)?.spool;
    for (const name of files()) rmSync(join(folder, name));
    expect(take(spool)).toBeUndefined();
    expect(add(spool, 'b')).toBe(1);
    expect(take(spool)?.spool).not.toBe(before);
    expect(textsOf(take(spool))).toEqual(['b']);
  });

  it('passes over records that make no sense', () => {
    const spool = open();
    add(spool, 'a');
    spool.close();
    const [name = ''] = files();
    const strange = [{ sequence: 2 }, { sequence: 3, stamp: { wall: null, up: 1 }, report: {} }, 7, null];
    appendFileSync(join(folder, name), Buffer.concat(strange.map((one) => recordLine(one as object))));
    const again = open();
    add(again, 'b');
    expect(drain(again).map(({ text }) => text)).toEqual(['a', 'b']);
  });
});

describe('when the disk is full', () => {
  it('keeps its count and its files whole, says so once, and goes on when there is room', () => {
    let room = Infinity;
    const write = (descriptor: number, bytes: Buffer): void => {
      const part = bytes.subarray(0, Math.max(0, Math.min(bytes.length, room)));
      writeSync(descriptor, part);
      room -= part.length;
      if (part.length < bytes.length)
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    };
    const spool = open({ segmentBytes: 700 }, { write });
    const numbers = [add(spool, 'a')];
    for (let left = 0; left < 400; left += 7) {
      room = left;
      numbers.push(add(spool, 'x'.repeat(300)));
    }
    room = Infinity;
    numbers.push(add(spool, 'b'));
    const given = numbers.filter((number) => number > 0);
    expect(given).toEqual(given.map((_, index) => index + 1));
    expect(log.events.filter((event) => event === 'report not kept').length).toBeGreaterThan(0);
    expect(log.events.at(-1)).toBe('reports are kept again');
    const lost = log.lines.reduce((sum, { fields }) => sum + Number(fields['lost'] ?? 0), 0);
    expect(lost).toBe(numbers.length - given.length);
    spool.close();
    const left = drain(open({ segmentBytes: 700 }));
    expect(left.map(({ sequence }) => sequence)).toEqual(given);
    expect([left[0]?.text, left.at(-1)?.text]).toEqual(['a', 'b']);
  });

  it.runIf(canMount())('does the same on a file system that is full', () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder]);
    try {
      const spool = open({ segmentBytes: 30_000 }, { durable: true, write: writeAll });
      const numbers: number[] = [];
      for (let count = 0; count < 200; count++) numbers.push(add(spool, 'x'.repeat(1000)));
      const kept = numbers.filter((number) => number > 0);
      expect(kept.length).toBeGreaterThan(20);
      expect(kept.length).toBeLessThan(200);
      expect(drain(spool).map(({ sequence }) => sequence)).toEqual(kept);
      const next = add(spool, 'after');
      expect(next).toBe(kept.length + 1);
      spool.close();
      const again = open();
      expect(drain(again).map(({ text }) => text)).toEqual(['after']);
      again.close();
    } finally {
      execFileSync('umount', ['--lazy', folder]);
    }
  });
});

function canMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'muster-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place], { stdio: 'ignore' });
    execFileSync('umount', [place]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(place, { recursive: true });
  }
}
