import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TEST_DOMAIN } from '../test-broker';
import { ClientsRig, PASSWORD } from './clients-rig';
import { Recipient } from './recipient';

const run = promisify(execFile);
const script = join(import.meta.dirname, 'xmpp-js.mjs');

let rig: ClientsRig;
let bob: Recipient;
beforeEach(async () => {
  rig = await ClientsRig.start();
  bob = await Recipient.signIn(rig, 'bob');
}, 30_000);
afterEach(async () => {
  await bob.stop();
  await rig.stop();
  expect(rig.broker.faults).toEqual([]);
});

describe.each([
  ['direct TLS', true, 'xmpps'],
  ['STARTTLS', false, 'xmpp'],
])('xmpp.js over %s', (_, directTls, scheme) => {
  const connect = (password: string): ReturnType<typeof run> =>
    run(
      process.execPath,
      [script, `${scheme}://localhost:${rig.port(directTls)}`, TEST_DOMAIN, 'alice', password, `bob@${TEST_DOMAIN}`],
      { env: { PATH: process.env['PATH'] ?? '', NODE_EXTRA_CA_CERTS: rig.rootFile }, timeout: 30_000 },
    );

  it('signs in, pings, and exchanges messages', { timeout: 60_000 }, async () => {
    const finished = connect(PASSWORD);
    const { from, body } = await bob.message();
    expect(body).toBe('ping & pong');
    await bob.say(from, 'heard');
    const { stdout } = await finished;
    expect(stdout).toBe(`signed in as alice@${TEST_DOMAIN}\npong result\ngot heard\n`);
  });

  it('is not let in with another password', { timeout: 60_000 }, async () => {
    await expect(connect('wrong')).rejects.toThrow(/not-authorized/);
  });
});
