import { setImmediate as tick } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import type { AccountKind } from '../core/accounts';
import { Jid } from '../core/jid';
import { HEADER, PING } from '../testing/dialogue';
import type { MemorySocket } from '../testing/memory-socket';
import { TEST_DOMAIN, TestServer } from '../testing/test-broker';

const ACCOUNT = `ada@${TEST_DOMAIN}`;

let broker: TestServer;
beforeEach(() => {
  broker = new TestServer();
});

/** A stream of an account that has signed in somehow, asking for a resource. */
async function bound(kind: AccountKind, resource?: string): Promise<MemorySocket> {
  const socket = broker.accept(ACCOUNT);
  const stream = [...broker.server.streams].at(-1);
  if (!stream) throw new Error('no stream');
  stream.account = Jid.parse(ACCOUNT);
  stream.kind = kind;
  const wanted = resource === undefined ? '' : `<resource>${resource}</resource>`;
  socket.feed(`${HEADER}<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>${wanted}</bind></iq>`);
  await tick();
  return socket;
}
const resourceOf = ({ output }: MemorySocket): string | undefined =>
  new RegExp(`<jid>${ACCOUNT}/([^<]+)</jid>`).exec(output)?.[1];
const resources = (): string[] => broker.server.sessions.of(ACCOUNT).map(({ jid }) => jid.resource);

it('lets a tool name its resource, in its normal form, and makes one where it names none', async () => {
  expect(resourceOf(await bound('tool', 'office'))).toBe('office');
  expect(resourceOf(await bound('tool', 'cafe\u0301'))).toBe('caf\u00e9');
  expect(resourceOf(await bound('tool'))).toMatch(/^[\w-]{12}$/);
});

it('makes the resource of a device, whatever it asks for', async () => {
  expect(resourceOf(await bound('device', 'office'))).toMatch(/^[\w-]{12}$/);
});

it('refuses what cannot be a resource, and lets the client try again', async () => {
  const socket = await bound('tool', `a${'&#x2028;'}b`);
  expect(socket.output).toContain('<bad-request');
  socket.output = '';
  socket.feed(`<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`);
  await tick();
  expect(resourceOf(socket)).toMatch(/^[\w-]{12}$/);
});

it('takes a resource from the session that has it', async () => {
  const first = await bound('tool', 'office');
  const other = await bound('tool', 'home');
  const second = await bound('tool', 'office');
  expect(first.output).toContain('<conflict');
  expect(resourceOf(second)).toBe('office');
  expect(resources()).toEqual(['home', 'office']);
  other.feed(PING);
  await tick();
  expect(other.output).toContain('type="result" id="ping"');
});

it('refuses more sessions of a tool than there may be, and none of those that there are', async () => {
  for (const resource of ['1', '2', '3']) await bound('tool', resource);
  const socket = await bound('tool', '4');
  expect(socket.output).toContain(`<error type="wait"><resource-constraint`);
  expect(resources()).toEqual(['1', '2', '3']);
  // In place of one of them it may.
  expect(resourceOf(await bound('tool', '2'))).toBe('2');
  expect(resources()).toEqual(['1', '3', '2']);
});

it('lets the newest connection of a device take the place of its former one', async () => {
  const first = await bound('device');
  const second = await bound('device');
  expect(first.output).toContain('<conflict');
  expect(resources()).toEqual([resourceOf(second)]);
});
