import { Duplex } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { StreamOutput } from './stream-output';
import { xmlStream } from './transport/framing';

/** A record, and less than two. */
const MAX_BYTES = 20_000;

class Wire extends Duplex {
  readonly written: string[] = [];
  readonly traffic = { bytesOut: 0 };

  constructor() {
    super({ decodeStrings: false });
  }
  override _read(): void {}
  /** Whether the peer reads. */
  takes = true;
  override _write(xml: string, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(xml);
    if (this.takes) done();
  }
}

function opened({ joins = true } = {}): { wire: Wire; output: StreamOutput } {
  const wire = new Wire();
  return { wire, output: new StreamOutput(wire, { ...xmlStream, joins }, MAX_BYTES, wire.traffic) };
}

it('writes what belongs together as one, in its order, and tells everybody when it is gone', async () => {
  const { wire, output } = opened();
  const told: string[] = [];
  output.element('<a/>', () => told.push('a'));
  output.together(() => {
    output.element('<b/>', () => told.push('b'));
    output.together(() => output.element('<ü/>'));
    output.element('<c/>', () => told.push('c'));
    expect(wire.written).toEqual(['<a/>']);
  });
  output.element('<d/>');
  await tick();
  expect(wire.written).toEqual(['<a/>', '<b/><ü/><c/>', '<d/>']);
  expect(told).toEqual(['a', 'b', 'c']);
  expect(wire.traffic.bytesOut).toBe(21);
});

it('writes each part alone where parts are messages', () => {
  const { wire, output } = opened({ joins: false });
  output.together(() => {
    output.element('<a/>');
    output.element('<b/>');
  });
  expect(wire.written).toEqual(['<a/>', '<b/>']);
});

it('keeps no more than a record, and nothing when the work fails', () => {
  const { wire, output } = opened();
  output.together(() => {
    for (let part = 0; part < 100; part++) output.element('x'.repeat(1000));
    expect(output.overflows).toBe(false);
  });
  expect(wire.written.join('')).toHaveLength(100_000);
  expect(() =>
    output.together(() => {
      output.element('<a/>');
      throw new Error('a fault');
    }),
  ).toThrow('a fault');
  expect(wire.written.at(-1)).toBe('<a/>');
  output.element('<b/>');
  expect(wire.written.at(-1)).toBe('<b/>');
});

it('says when more waits than may, what is gathered included', () => {
  const { wire, output } = opened();
  wire.takes = false;
  output.element('x'.repeat(MAX_BYTES / 2));
  output.together(() => {
    output.element('x'.repeat(MAX_BYTES / 2));
    expect(output.overflows).toBe(false);
    output.element('x');
    expect(output.overflows).toBe(true);
  });
  expect(output.overflows).toBe(true);
});

it('writes nothing, and tells nothing, once the connection is gone', async () => {
  const { wire, output } = opened();
  let told = false;
  output.together(() => {
    output.element('<a/>', () => (told = true));
    wire.destroy();
  });
  await tick();
  expect(wire.written).toEqual([]);
  expect(told).toBe(false);
});
