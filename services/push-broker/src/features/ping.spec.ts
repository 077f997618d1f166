import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SIGN_IN } from '../testing/dialogue';
import type { MemorySocket } from '../testing/memory-socket';
import { TEST_DOMAIN, TestServer } from '../testing/test-broker';

const DEVICES = 200;
const AFTER_SECONDS = 60;
const STEP_MS = 100;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function crowd(): Promise<{ broker: TestServer; sockets: MemorySocket[] }> {
  const broker = new TestServer({ afterSeconds: AFTER_SECONDS, timeoutSeconds: 20 });
  const sockets = Array.from({ length: DEVICES }, (_, index) => broker.accept(`device-${index}@${TEST_DOMAIN}`));
  for (const socket of sockets) socket.feed(SIGN_IN);
  await vi.advanceTimersByTimeAsync(1);
  expect(broker.server.sessions.count).toBe(DEVICES);
  for (const socket of sockets) socket.output = '';
  return { broker, sockets };
}

/** What the peer answers to the pings that came, if it does. */
function asked(sockets: MemorySocket[], answer = true): MemorySocket[] {
  return sockets.filter((socket) => {
    const [, id] = /<iq type="get" id="([^"]+)"[^>]*><ping/.exec(socket.output) ?? [];
    if (id === undefined) return false;
    socket.output = '';
    if (answer) socket.feed(`<iq type='result' id='${id}'/>`);
    return true;
  });
}

it('asks a crowd that connected at once a few at a time, and everybody before it is late', async () => {
  const { sockets } = await crowd();
  for (let round = 0; round < 3; round++) {
    const waiting = new Set(sockets);
    let most = 0;
    for (let ms = 0; ms < AFTER_SECONDS * 1250 + STEP_MS && waiting.size > 0; ms += STEP_MS) {
      await vi.advanceTimersByTimeAsync(STEP_MS);
      const now = asked(sockets);
      most = Math.max(most, now.length);
      for (const socket of now) waiting.delete(socket);
    }
    expect(waiting.size, `round ${round}`).toBe(0);
    expect(most, `round ${round}`).toBeLessThanOrEqual(DEVICES / 20);
  }
});

it('asks nobody who talks, and ends whoever does not answer, while others come and go', async () => {
  const { broker, sockets } = await crowd();
  const [talker, dead, leaver] = sockets as [MemorySocket, MemorySocket, MemorySocket];
  for (let second = 0; second < 150; second++) {
    talker.feed(' ');
    if (second === 30) leaver.cut();
    if (second === 40) broker.accept(`late@${TEST_DOMAIN}`).feed(SIGN_IN);
    await vi.advanceTimersByTimeAsync(1000);
    asked(sockets.filter((socket) => socket !== dead && socket !== talker));
    expect(talker.output).toBe('');
  }
  expect(dead.output).toContain('<connection-timeout');
  expect(dead.destroyed).toBe(true);
  // Gone: the one that fell silent, the one that left, and the one that came later and never answered.
  expect(broker.server.sessions.count).toBe(DEVICES - 2);
  expect(broker.faults).toEqual([]);
});
