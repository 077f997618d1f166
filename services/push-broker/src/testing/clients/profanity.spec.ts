import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TEST_DOMAIN } from '../test-broker';
import { ClientsRig, PASSWORD, Profanity } from './clients-rig';
import { Recipient } from './recipient';

let rig: ClientsRig;
let bob: Recipient;
let profanity: Profanity;
beforeEach(async () => {
  rig = await ClientsRig.start();
  bob = await Recipient.signIn(rig, 'bob');
  profanity = Profanity.start(rig);
}, 30_000);
afterEach(async () => {
  profanity.stop();
  await bob.stop();
  await rig.stop();
  expect(rig.broker.faults).toEqual([]);
});

describe.each([
  ['direct TLS', true, 'legacy'],
  ['STARTTLS', false, 'force'],
])('profanity over %s', (_, directTls, policy) => {
  it('signs in, pings, and exchanges messages', { timeout: 90_000 }, async () => {
    await profanity.shows('Profanity');
    profanity.type(`/connect alice@${TEST_DOMAIN} server 127.0.0.1 port ${rig.port(directTls)} tls ${policy}`);
    await profanity.shows('Enter password');
    profanity.type(PASSWORD);
    // It asks about our authority, which this system does not know.
    await profanity.shows('/tls allow');
    profanity.type('/tls allow');
    await profanity.shows(`alice@${TEST_DOMAIN}/.* logged in successfully`);
    // It asks what the server can do once it has signed in, and pings no earlier than it knows.
    await profanity.repeats('/ping', /Ping response from server: \d+ms/);
    profanity.type(`/msg bob@${TEST_DOMAIN} are you there?`);
    const { from, body } = await bob.message();
    expect(body).toBe('are you there?');
    await bob.say(from, 'where else');
    await profanity.shows('where else');
    const [session] = rig.broker.server.sessions.of(`alice@${TEST_DOMAIN}`);
    expect(session?.jid.toString()).toBe(from);
    profanity.type('/disconnect');
    await profanity.shows(/logged out/);
    expect(rig.broker.server.sessions.of(`alice@${TEST_DOMAIN}`)).toEqual([]);
  });
});
