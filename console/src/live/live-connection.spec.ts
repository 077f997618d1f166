import type { LiveMessage } from '@muster/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { delayBefore, LiveConnection, type LiveState } from './live-connection';

class Wire {
  readonly sent: unknown[] = [];
  closed = false;
  constructor(
    private readonly received: (data: unknown) => void,
    readonly breakOff: () => void,
  ) {}
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
  }
  say(message: unknown) {
    this.received(typeof message === 'string' ? message : JSON.stringify(message));
  }
}

function setUp() {
  const wires: Wire[] = [];
  const messages: LiveMessage[] = [];
  const states: LiveState[] = [];
  const told = { gaps: 0 };
  const connection = new LiveConnection(
    (received, closed) => {
      const wire = new Wire(received, closed);
      wires.push(wire);
      return wire;
    },
    { message: (message) => messages.push(message), state: (state) => states.push(state), gap: () => told.gaps++ },
    () => 1,
  );
  const latest = () => wires.at(-1) as Wire;
  return { connection, wires, messages, states, told, latest };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the live connection', () => {
  it('is live from the greeting on, and has what was read before read again', () => {
    const { connection, states, told, latest, messages } = setUp();
    connection.start();
    expect(told.gaps).toBe(0);
    latest().say({ type: 'hello' });
    latest().say({ type: 'device.removed', id: 'd' });
    expect(states).toEqual(['connecting', 'connected']);
    expect(told.gaps).toBe(1);
    expect(messages).toEqual([{ type: 'device.removed', id: 'd' }]);
  });

  it('comes back with growing pauses, and starts small again after a greeting', () => {
    const { connection, wires, latest, told } = setUp();
    connection.start();
    for (const pause of [500, 1000, 2000]) {
      const before = wires.length;
      latest().breakOff();
      vi.advanceTimersByTime(pause - 1);
      expect(wires).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(wires).toHaveLength(before + 1);
    }
    latest().say({ type: 'hello' });
    latest().breakOff();
    vi.advanceTimersByTime(500);
    latest().say({ type: 'hello' });
    expect(told.gaps).toBe(2);
  });

  it('gives up a socket that opens and says nothing', () => {
    const { connection, wires } = setUp();
    connection.start();
    vi.advanceTimersByTime(10_000 + 500);
    expect(wires[0]?.closed).toBe(true);
    expect(wires).toHaveLength(2);
  });

  it('tells each new connection whose output and whose logs are watched', () => {
    const { connection, latest } = setUp();
    const watch = (...operationIds: string[]) => ({ type: 'watch-output', operationIds }) as const;
    const logs = { type: 'watch-logs', deviceIds: ['d'] } as const;
    connection.watch(watch('a'));
    connection.start();
    latest().say({ type: 'hello' });
    connection.watch(watch('a', 'b'));
    connection.watch({ ...logs, deviceIds: ['d'] });
    expect(latest().sent).toEqual([watch('a'), watch('a', 'b'), logs]);
    latest().breakOff();
    vi.advanceTimersByTime(500);
    latest().say({ type: 'hello' });
    expect(latest().sent).toEqual([watch('a', 'b'), logs]);
  });

  it('does not listen to a socket that it gave up, nor to noise', () => {
    const { connection, wires, messages, latest } = setUp();
    connection.start();
    latest().breakOff();
    vi.advanceTimersByTime(500);
    wires[0]?.say({ type: 'device.removed', id: 'd' });
    latest().say('{');
    latest().say('null');
    wires[0]?.breakOff();
    expect(messages).toEqual([]);
    expect(wires).toHaveLength(2);
    vi.advanceTimersByTime(5000);
    expect(wires).toHaveLength(2);
  });

  it('hurries when the network is back, and not while it is connected', () => {
    const { connection, wires, latest } = setUp();
    connection.start();
    connection.hurry();
    expect(wires).toHaveLength(1);
    latest().breakOff();
    connection.hurry();
    expect(wires).toHaveLength(2);
    vi.advanceTimersByTime(9_000);
    expect(wires).toHaveLength(2);
  });

  it('ends when it is stopped', () => {
    const { connection, wires } = setUp();
    connection.start();
    connection.stop();
    vi.advanceTimersByTime(120_000);
    expect(wires).toHaveLength(1);
    expect(wires[0]?.closed).toBe(true);
  });
});

it('pauses stay between half a second and half a minute, and are spread', () => {
  expect(delayBefore(0, () => 0)).toBe(250);
  expect(delayBefore(0, () => 1)).toBe(500);
  expect(delayBefore(1000, () => 1)).toBe(30_000);
  expect(delayBefore(1000, () => 0)).toBe(15_000);
});
