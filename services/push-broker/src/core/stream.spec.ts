import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { PING, SIGN_IN } from '../testing/dialogue';
import { TEST_DOMAIN, TestServer } from '../testing/test-broker';
import { StanzaError } from './stanza-error';

const DEVICE = `laptop@${TEST_DOMAIN}`;
const TEST_NS = 'urn:muster:test';

const asks = (what: string): string => `<iq type='get' id='${what}'><${what} xmlns='${TEST_NS}'/></iq>`;

it('a defect ends the stream that came upon it, is reported, and touches nobody else', async () => {
  const broker = new TestServer();
  broker.server.handlers.onIq('bound', 'get', TEST_NS, 'defect', () => {
    throw new TypeError('a defect');
  });
  const [one, other] = [broker.accept(DEVICE), broker.accept(`desktop@${TEST_DOMAIN}`)];
  one.feed(SIGN_IN + asks('defect') + PING);
  other.feed(SIGN_IN);
  await tick();
  other.feed(PING);
  await tick();
  expect(one.output).toContain('<stream:error><internal-server-error');
  expect(one.output).not.toContain('id="ping"');
  expect(other.output).toContain('type="result" id="ping"');
  expect(broker.faults.map(String)).toEqual(['TypeError: a defect']);
});

it('a defect that shows later is answered with an error, and so is a refusal', async () => {
  const broker = new TestServer();
  broker.server.handlers.onIq('bound', 'get', TEST_NS, 'defect', async () => {
    await tick();
    throw new TypeError('a defect');
  });
  broker.server.handlers.onIq('bound', 'get', TEST_NS, 'refusal', async () => {
    await tick();
    throw new StanzaError('forbidden');
  });
  const socket = broker.accept(DEVICE);
  socket.feed(SIGN_IN + asks('defect') + asks('refusal'));
  for (let i = 0; i < 5; i++) await tick();
  expect(socket.output).toMatch(/id="defect"[^>]*><error type="cancel"><internal-server-error/);
  expect(socket.output).toMatch(/id="refusal"[^>]*><error type="auth"><forbidden/);
  expect(broker.faults).toHaveLength(1);
});
