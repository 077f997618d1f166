import { describe, expect, it } from 'vitest';
import { Pace, paced } from './pace';

/** A clock that pauses move. */
function onClock(bytesPerSecond: number) {
  const clock = { now: 0 };
  const pace = new Pace(
    bytesPerSecond,
    () => clock.now,
    async (ms) => void (clock.now += ms),
  );
  return { clock, pace };
}
async function* pieces(count: number, length: number): AsyncGenerator<Buffer> {
  for (let piece = 0; piece < count; piece++) yield Buffer.alloc(length, piece);
}

describe('Pace', () => {
  it('lets bytes through at its rate, the first at once', async () => {
    const { clock, pace } = onClock(1000);
    const at: number[] = [];
    for (let turn = 0; turn < 4; turn++) {
      await pace.take(500);
      at.push(clock.now);
    }
    expect(at).toEqual([0, 500, 1000, 1500]);
  });

  it('saves nothing up in quiet times', async () => {
    const { clock, pace } = onClock(1000);
    await pace.take(500);
    clock.now = 100_000;
    await pace.take(500);
    await pace.take(500);
    expect(clock.now).toBe(100_500);
  });

  it('shares one rate among all that take', async () => {
    const { clock, pace } = onClock(1000);
    for (let round = 0; round < 5; round++) await Promise.all([pace.take(100), pace.take(100)]);
    expect(clock.now).toBeGreaterThanOrEqual(900);
  });

  it('does not hold anything up without a limit', async () => {
    const { clock, pace } = onClock(0);
    await pace.take(1e9);
    await pace.take(1e9);
    expect(clock.now).toBe(0);
  });

  it('changes no byte, and keeps to the slower of two paces', async () => {
    const slow = onClock(1000);
    const fast = onClock(1_000_000);
    const got: Buffer[] = [];
    for await (const bytes of paced(pieces(5, 200), [slow.pace, fast.pace], new AbortController().signal))
      got.push(bytes);
    expect(Buffer.concat(got).equals(Buffer.concat([0, 1, 2, 3, 4].map((piece) => Buffer.alloc(200, piece))))).toBe(
      true,
    );
    expect(slow.clock.now).toBe(800);
  });

  it('ends a wait when its reader has gone', async () => {
    const pace = new Pace(1);
    const gone = new AbortController();
    await pace.take(1_000_000);
    const waiting = pace.take(1, gone.signal);
    gone.abort();
    await expect(waiting).rejects.toThrow(/abort/i);
  });
});
