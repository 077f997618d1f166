import { Duplex } from 'node:stream';
import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { StreamOutput } from './stream-output';

class Wire extends Duplex {
  readonly written: string[] = [];
  readonly traffic = { bytesOut: 0 };

  constructor() {
    super({ decodeStrings: false });
  }
  override _read(): void {}
  override _write(xml: string, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(xml);
    done();
  }
}

function opened({ joins = true } = {}): { wire: Wire; output: StreamOutput } {
  const wire = new Wire();
  return { wire, output: new StreamOutput(wire, joins, wire.traffic) };
}

it('writes what belongs together as one, in its order, and tells everybody when it is gone', async () => {
  const { wire, output } = opened();
  const told: string[] = [];
  output.write('<a/>', () => told.push('a'));
  output.together(() => {
    output.write('<b/>', () => told.push('b'));
    output.together(() => output.write('<ü/>'));
    output.write('<c/>', () => told.push('c'));
    expect(output.length).toBe(12);
    expect(wire.written).toEqual(['<a/>']);
  });
  output.write('<d/>');
  await tick();
  expect(wire.written).toEqual(['<a/>', '<b/><ü/><c/>', '<d/>']);
  expect(told).toEqual(['a', 'b', 'c']);
  expect(wire.traffic.bytesOut).toBe(21);
});

it('writes each part alone where parts are messages', () => {
  const { wire, output } = opened({ joins: false });
  output.together(() => {
    output.write('<a/>');
    output.write('<b/>');
  });
  expect(wire.written).toEqual(['<a/>', '<b/>']);
});

it('keeps no more than a record, and nothing when the work fails', () => {
  const { wire, output } = opened();
  output.together(() => {
    for (let part = 0; part < 100; part++) output.write('x'.repeat(1000));
    expect(output.length).toBeLessThan(20_000);
  });
  expect(wire.written.join('')).toHaveLength(100_000);
  expect(() =>
    output.together(() => {
      output.write('<a/>');
      throw new Error('a fault');
    }),
  ).toThrow('a fault');
  expect(wire.written.at(-1)).toBe('<a/>');
  output.write('<b/>');
  expect(wire.written.at(-1)).toBe('<b/>');
});

it('writes nothing, and tells nothing, once the connection is gone', async () => {
  const { wire, output } = opened();
  let told = false;
  output.together(() => {
    output.write('<a/>', () => (told = true));
    wire.destroy();
  });
  await tick();
  expect(wire.written).toEqual([]);
  expect(told).toBe(false);
});
