import { setImmediate as tick } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { TicketBook } from '../core/ticket-book';
import { MemoryRecords } from '../testing/memory-records';
import { TicketRecords } from './ticket-records';

const DEVICE = '01900000-0000-7000-8000-00000000000a';
const LIMITS = { tickets: 100, ticketSeconds: 3600 };
const later = (): number => Date.now() + 60_000;

let records: MemoryRecords;
let faults: string[];
beforeEach(() => {
  records = new MemoryRecords();
  faults = [];
});

/** As after a start of the broker. */
function started(): { book: TicketBook; kept: TicketRecords } {
  records.forgetListeners();
  const book = new TicketBook(LIMITS);
  const failed = (error: unknown, doing: string): number => faults.push(`${doing}: ${String(error)}`);
  return { book, kept: new TicketRecords(records, book, failed) };
}
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await tick();
}

it('brings back what held, with its end, and nothing that was withdrawn or has ended', async () => {
  const { book, kept } = started();
  records.link();
  await settled();
  const ends = later();
  for (const tool of ['one', 'two', 'three']) {
    book.grant(tool, DEVICE, tool === 'three' ? Date.now() + 20 : ends);
    await kept.changed(tool, DEVICE);
  }
  book.withdraw('two', DEVICE);
  await kept.changed('two', DEVICE);
  await new Promise((done) => setTimeout(done, 30));

  const { book: after } = started();
  records.link();
  await settled();
  expect([...after.all()]).toEqual([['one', DEVICE]]);
  expect(after.endOf('one', DEVICE)).toBe(ends);
  expect(records.keys).toEqual([`one ${DEVICE}`]);
});

it('keeps one record for each ticket, however often and quickly it changes', async () => {
  const { book, kept } = started();
  records.link();
  await settled();
  const all: Promise<void>[] = [];
  for (let i = 0; i < 10; i++) {
    if (i % 3 === 2) book.withdraw('one', DEVICE);
    else book.grant('one', DEVICE, later() + i);
    all.push(kept.changed('one', DEVICE));
    if (i % 4 === 0) await tick();
  }
  await Promise.all(all);
  await kept.stop();
  expect(records.keys).toEqual([`one ${DEVICE}`]);
  const { book: after } = started();
  records.link();
  await settled();
  expect(after.endOf('one', DEVICE)).toBe(book.endOf('one', DEVICE));
});

it('makes up for what could not be kept when NATS is back, and does not undo what was done meanwhile', async () => {
  const { book, kept } = started();
  records.link();
  await settled();
  for (const tool of ['one', 'two']) {
    book.grant(tool, DEVICE, later());
    await kept.changed(tool, DEVICE);
  }
  records.away = true;
  book.withdraw('one', DEVICE);
  await kept.changed('one', DEVICE);
  book.grant('three', DEVICE, later());
  await kept.changed('three', DEVICE);
  expect(faults.length).toBeGreaterThan(0);
  records.away = false;
  records.link();
  await settled();
  expect(records.keys.toSorted()).toEqual([`three ${DEVICE}`, `two ${DEVICE}`]);
  expect(book.holds('one', DEVICE)).toBe(false);

  // What is decided before the former tickets are known counts.
  const { book: after, kept: keptAfter } = started();
  after.withdraw('two', DEVICE);
  await keptAfter.changed('two', DEVICE);
  records.link();
  await settled();
  expect([...after.all()]).toEqual([['three', DEVICE]]);
  expect(records.keys).toEqual([`three ${DEVICE}`]);
});
