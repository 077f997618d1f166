import { describe, expect, it } from 'vitest';
import type { AccountKind } from './accounts';
import { Jid } from './jid';
import { TicketPolicy } from './policy';
import { TicketBook } from './ticket-book';

const LAPTOP = '01900000-0000-7000-8000-00000000000a';
const DESKTOP = '01900000-0000-7000-8000-00000000000b';
const jid = (local: string): Jid => {
  const parsed = Jid.parse(local.includes('.') ? local : `${local}@x.test`);
  if (!parsed) throw new Error(local);
  return parsed;
};

describe('TicketPolicy', () => {
  const tickets = new TicketBook({ tickets: 10, ticketSeconds: 60 });
  const connected = new Map<string, AccountKind>([['itsm@x.test', 'service']]);
  const policy = new TicketPolicy('x.test', tickets, (bare) => connected.get(bare));
  tickets.grant('technician', LAPTOP, Date.now() + 10_000);

  const cases: [from: string, kind: AccountKind, to: string, may: boolean][] = [
    // Everybody: the server and the own account, no other server.
    [LAPTOP, 'device', 'x.test', true],
    [LAPTOP, 'device', LAPTOP, true],
    [LAPTOP, 'device', `${LAPTOP}@x.test/r`, true],
    [LAPTOP, 'device', 'a@elsewhere.test', false],
    // Devices: never each other, the service, tools with a ticket.
    [LAPTOP, 'device', DESKTOP, false],
    [LAPTOP, 'device', 'itsm', true],
    [LAPTOP, 'device', 'technician', true],
    [LAPTOP, 'device', 'technician@x.test/phone', true],
    [LAPTOP, 'device', 'script', false],
    [DESKTOP, 'device', 'technician', false],
    // Tools: devices by ticket, each other, the service.
    ['technician', 'tool', LAPTOP, true],
    ['technician', 'tool', DESKTOP, false],
    ['script', 'tool', LAPTOP, false],
    ['script', 'tool', 'technician', true],
    ['script', 'tool', 'itsm', true],
    // The service: all.
    ['itsm', 'service', DESKTOP, true],
    ['itsm', 'service', 'script', true],
    ['itsm', 'service', 'a@elsewhere.test', false],
  ];
  for (const [from, kind, to, may] of cases)
    it(`${kind} ${from} ${may ? 'reaches' : 'does not reach'} ${to}`, () =>
      expect(policy.mayReach({ jid: jid(from), kind }, jid(to))).toBe(may));
});

describe('TicketBook', () => {
  it('grants up to an end, replaces, and takes back', () => {
    let now = 1_000_000;
    const book = new TicketBook({ tickets: 3, ticketSeconds: 60 }, () => now);
    expect(book.grant('t', LAPTOP, now + 10_000)).toBe(now + 10_000);
    expect(book.holds('t', LAPTOP)).toBe(true);
    expect(book.holds('t', DESKTOP)).toBe(false);
    expect(book.holds('u', LAPTOP)).toBe(false);
    now += 10_000;
    expect(book.holds('t', LAPTOP)).toBe(false);
    // Never for longer than may be.
    expect(book.grant('t', LAPTOP, now + 10_000_000)).toBe(now + 60_000);
    expect(book.grant('t', LAPTOP, now + 1000)).toBe(now + 1000);
    expect(book.size).toBe(1);
    book.grant('t', DESKTOP, now + 1000);
    book.withdraw('t', LAPTOP);
    expect([book.holds('t', LAPTOP), book.holds('t', DESKTOP), book.size]).toEqual([false, true, 1]);
    book.withdraw('t');
    expect([book.holds('t', DESKTOP), book.size]).toEqual([false, 0]);
    book.withdraw('t', DESKTOP);
    expect(book.size).toBe(0);
  });

  it('holds only so many, and forgets expired ones when it needs room', () => {
    let now = 1_000_000;
    const book = new TicketBook({ tickets: 2, ticketSeconds: 60 }, () => now);
    book.grant('a', LAPTOP, now + 1000);
    book.grant('b', LAPTOP, now + 5000);
    expect(book.grant('c', LAPTOP, now + 5000)).toBeUndefined();
    // A ticket that is there may be renewed all the same.
    expect(book.grant('b', LAPTOP, now + 6000)).toBe(now + 6000);
    now += 1000;
    expect(book.grant('c', LAPTOP, now + 5000)).toBe(now + 5000);
    expect(book.size).toBe(2);
    expect([book.holds('a', LAPTOP), book.holds('b', LAPTOP), book.holds('c', LAPTOP)]).toEqual([false, true, true]);
  });
});
