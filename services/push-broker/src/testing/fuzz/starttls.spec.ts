import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AUTH, BIND, FOOTER, HEADER, PING, SIGN_IN } from '../dialogue';
import { MemorySocket } from '../memory-socket';
import { corpus } from './corpus';
import { damaged, generator, pickFrom } from './random';
import { FuzzRig } from './rig';
import { runsOr, SEED } from './settings';

const RUNS = runsOr(1500);
const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const PROCEED = '<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>';
/** The beginning of a handshake, which comes too early. */
const HELLO = corpus.get('tls-hello.bin') ?? Buffer.of();

const random = generator(SEED);
const pick = pickFrom(random);
const entries = [...corpus.values()];

const said: (() => Buffer)[] = [
  ...[HEADER, STARTTLS, STARTTLS, AUTH, BIND, PING, FOOTER, SIGN_IN, ' ', '\r\n', '<', '</'].map(
    (text) => () => Buffer.from(text),
  ),
  () => Buffer.from(STARTTLS.replace('/>', pick([' />', '></starttls>', '>x</starttls>', '><a/></starttls>']))),
  () => HELLO,
  () => HELLO.subarray(0, random(HELLO.length)),
  () => Buffer.from(Array.from({ length: random(20) }, () => random(256))),
  () => pick(entries),
];

function conversation(): Buffer {
  const start = random(4) ? HEADER + pick(['', STARTTLS, STARTTLS]) : '';
  let bytes: Buffer = Buffer.concat([Buffer.from(start), ...Array.from({ length: random(4) }, () => pick(said)())]);
  for (let i = random(4) - 1; i > 0; i--) bytes = damaged(bytes, random);
  return bytes;
}

it(`never hands over a plain connection on which more was said (seed ${SEED})`, { timeout: 3_600_000 }, async () => {
  const rig = new FuzzRig();
  let upgraded = 0;
  for (let run = 0; run < RUNS; run++) {
    const socket = new MemorySocket();
    let fed = 0;
    let handedOverAt = -1;
    rig.broker.server.accept(socket, { address: '192.0.2.1' }, { secure: false, upgrade: () => (handedOverAt = fed) });
    const bytes = conversation();
    for (let at = 0; at < bytes.length && handedOverAt < 0;) {
      const length = 1 + random(random(3) ? bytes.length : 5);
      fed = Math.min(bytes.length, at + length);
      socket.feed(bytes.subarray(at, fed));
      at = fed;
      if (random(3) === 0) await tick();
    }
    await tick();
    await tick();
    const about = `run ${run}: ${JSON.stringify(bytes.toString('latin1'))}`;
    expect(rig.broker.faults, about).toEqual([]);
    // In plain text there is nothing else to be had.
    expect(socket.output, about).not.toMatch(/<mechanisms|<success|<jid>|<iq/);
    if (handedOverAt >= 0) {
      upgraded++;
      expect(socket.output.endsWith(PROCEED), about).toBe(true);
      // Up to the end of the request and no further.
      expect(bytes.subarray(0, handedOverAt).toString('latin1'), about).toMatch(/(\/|<\/[\w:]*starttls\s*)>\s*$/);
    } else expect(socket.output, about).not.toContain(PROCEED);
    socket.cut();
  }
  expect(upgraded).toBeGreaterThan(RUNS / 20);
  await tick();
  await rig.expectUnharmed();
  rig.end();
});
