import { setImmediate as tick } from 'node:timers/promises';
import { expect } from 'vitest';
import { PING, SIGN_IN } from '../dialogue';
import type { MemorySocket } from '../memory-socket';
import { TEST_DOMAIN, type TestOptions, TestServer } from '../test-broker';

const CANARY = '01900000-0000-7000-8000-0000000000ff';
const VICTIM = '01900000-0000-7000-8000-000000000001';

/** A server that hostile peers talk to while one well-behaved device stays connected. */
export class FuzzRig {
  readonly broker: TestServer;
  readonly #canary: MemorySocket;

  constructor(options: TestOptions = {}) {
    this.broker = new TestServer({ afterSeconds: 86_400, ...options });
    this.#canary = this.broker.accept(`${CANARY}@${TEST_DOMAIN}`);
    this.#canary.feed(SIGN_IN);
  }

  /** A connection of a device that has a certificate. */
  open(account = VICTIM): MemorySocket {
    return this.broker.accept(`${account}@${TEST_DOMAIN}`);
  }

  /** What the server answers to these pieces; the connection is cut afterwards. */
  async answer(pieces: Iterable<Buffer>, account?: string): Promise<string> {
    const socket = this.open(account);
    for (const piece of pieces) socket.feed(piece);
    await settled(socket);
    socket.cut();
    await tick();
    return socket.output;
  }

  /** Nothing broke: no fault inside the server, no stream left behind, and the device is still served. */
  async expectUnharmed(): Promise<void> {
    expect(this.broker.faults).toEqual([]);
    this.#canary.output = '';
    this.#canary.feed(PING);
    await settled(this.#canary);
    expect(this.#canary.output).toContain('<iq type="result" id="ping"');
    expect(this.broker.server.streams.size).toBe(1);
  }

  end(): void {
    this.broker.server.shutdown();
  }
}

/** Waits until the server has nothing more to say: answers may take a few turns of the event loop. */
async function settled(socket: MemorySocket): Promise<void> {
  for (let quiet = 0, length = -1; quiet < 3; await tick()) {
    quiet = socket.output.length === length ? quiet + 1 : 0;
    length = socket.output.length;
  }
}
