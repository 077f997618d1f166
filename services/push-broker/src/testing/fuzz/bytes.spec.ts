import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { HEADER, SIGN_IN } from '../dialogue';
import { corpus } from './corpus';
import { damaged, generator, pickFrom } from './random';
import { FuzzRig } from './rig';
import { runsOr, SEED } from './settings';
import { stanza } from './stanzas';

const RUNS = runsOr(1500);
/** Bytes that live after a collection may differ by this much between the middle and the end of a run. */
const GROWTH = 16_000_000;

const random = generator(SEED);
const pick = pickFrom(random);
const entries = [...corpus.values()];

/** Raw: bytes of the corpus, cut, spliced and damaged, or no sense at all. */
function raw(): Buffer {
  const [one, other] = [pick(entries), pick(entries)];
  const splice = (): Buffer =>
    Buffer.concat([one.subarray(0, random(one.length + 1)), other.subarray(random(other.length + 1))]);
  let bytes = pick([
    () => one,
    splice,
    splice,
    () => Buffer.from(Array.from({ length: random(300) }, () => random(256))),
    () => Buffer.concat([Buffer.from(SIGN_IN), Buffer.from(Array.from({ length: random(300) }, () => random(256)))]),
  ])();
  for (let i = random(6); i > 0; i--) bytes = damaged(bytes, random);
  return bytes;
}

/** Structure-aware: well-formed stanzas of what the server knows and does not, after a good start. */
const structured = (): Buffer =>
  Buffer.from(
    pick([SIGN_IN, SIGN_IN, SIGN_IN, HEADER]) + Array.from({ length: 1 + random(6) }, () => stanza(random)).join(''),
  );

function* cut(bytes: Buffer): Generator<Buffer> {
  const most = pick([1, 5, 50, bytes.length]);
  for (let at = 0, length = 0; at < bytes.length; at += length) {
    length = 1 + random(most);
    yield bytes.subarray(at, at + length);
  }
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Once nothing waits any more for peers to close their end. */
async function liveBytes(): Promise<number> {
  await pause(2500);
  collect();
  return process.memoryUsage().heapUsed;
}

it(`takes ${RUNS} times bytes and stanzas that nobody thought of (seed ${SEED})`, { timeout: 3_600_000 }, async () => {
  const rig = new FuzzRig({ rememberedSessions: 10, outputBytes: 200_000 });
  let bound = 0;
  let half = 0;
  let longest = 0;
  for (let run = 0; run < RUNS; run++) {
    if (run === Math.floor(RUNS / 2)) half = await liveBytes();
    const bytes = random(2) ? raw() : structured();
    const output = await rig.answer(cut(bytes), `01900000-0000-7000-8000-00000000000${random(6)}`);
    if (output.includes('</jid>')) bound++;
    longest = Math.max(longest, output.length);
    if (rig.broker.faults.length > 0)
      throw new Error(`run ${run}: ${JSON.stringify(bytes.toString())}`, { cause: rig.broker.faults[0] });
  }
  // Enough of them got far enough for the test to mean something.
  expect(bound).toBeGreaterThan(RUNS / 4);
  expect(longest).toBeLessThan(1_000_000);
  expect((await liveBytes()) - half).toBeLessThan(GROWTH);
  await rig.expectUnharmed();
  rig.end();
});
