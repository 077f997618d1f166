import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TEST_DOMAIN } from '../test-broker';
import { ClientsRig } from './clients-rig';
import { Recipient } from './recipient';

let rig: ClientsRig;
let bob: Recipient;
beforeEach(async () => {
  rig = await ClientsRig.start();
  bob = await Recipient.signIn(rig, 'bob');
});
afterEach(async () => {
  await bob.stop();
  await rig.stop();
  expect(rig.broker.faults).toEqual([]);
});

describe.each([
  ['direct TLS', true],
  ['STARTTLS', false],
])('sendxmpp over %s', (_, directTls) => {
  it('signs in, sends a message that arrives, and signs off', { timeout: 40_000 }, async () => {
    await rig.sendxmpp(directTls, `bob@${TEST_DOMAIN}`, 'the disk is full: 97 % < 98 % & rising\n');
    const message = await bob.message();
    expect(message.from).toMatch(new RegExp(`^alice@${TEST_DOMAIN}/sendxmpp`));
    expect(message.body.trim()).toBe('the disk is full: 97 % < 98 % & rising');
    expect(rig.broker.server.sessions.of(`alice@${TEST_DOMAIN}`)).toEqual([]);
  });

  it('is not let in with another password', { timeout: 40_000 }, async () => {
    await expect(rig.sendxmpp(directTls, `bob@${TEST_DOMAIN}`, 'x', 'wrong')).rejects.toThrow(
      /AuthSend|not-authorized/i,
    );
    expect(bob.received).toEqual([]);
  });
});
