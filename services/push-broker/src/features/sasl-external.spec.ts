import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { HEADER } from '../testing/dialogue';
import { TEST_DOMAIN, TestServer } from '../testing/test-broker';

const ONE = `one@${TEST_DOMAIN}`;
const TWO = `two@${TEST_DOMAIN}`;

async function answerTo(addresses: string[], authzid: string): Promise<string> {
  const socket = new TestServer().accept(...addresses);
  const response = Buffer.from(authzid).toString('base64') || '=';
  socket.feed(`${HEADER}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>${response}</auth>`);
  await tick();
  return /<success|<failure[^>]*><[\w-]+|<stream:error><[\w-]+/.exec(socket.output)?.[0].replace(/.*</, '') ?? '';
}

it('takes the only address of the certificate, and of several the one that is asked for', async () => {
  expect(await answerTo([ONE], '')).toBe('success');
  expect(await answerTo([ONE], ONE)).toBe('success');
  expect(await answerTo([ONE], ONE.toUpperCase())).toBe('success');
  expect(await answerTo([ONE, TWO], '')).toBe('invalid-authzid');
  expect(await answerTo([ONE, TWO], TWO)).toBe('success');
  expect(await answerTo([ONE, 'three@elsewhere.test'], '')).toBe('success');
});

it('takes nothing else', async () => {
  expect(await answerTo([ONE], TWO)).toBe('invalid-authzid');
  expect(await answerTo([ONE], TEST_DOMAIN)).toBe('invalid-authzid');
  expect(await answerTo([ONE], `${ONE}/resource`)).toBe('invalid-authzid');
  expect(await answerTo([ONE], `${ONE}\0`)).toBe('invalid-authzid');
  expect(await answerTo([], '')).toBe('not-authorized');
  expect(await answerTo([TEST_DOMAIN], '')).toBe('not-authorized');
  expect(await answerTo([`${ONE}/resource`], '')).toBe('not-authorized');
  expect(await answerTo(['one@elsewhere.test'], '')).toBe('not-authorized');
});
