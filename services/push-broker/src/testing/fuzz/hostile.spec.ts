import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SIGN_IN } from '../dialogue';
import { corpus } from './corpus';
import { FuzzRig } from './rig';

let rig: FuzzRig;
beforeEach(() => {
  rig = new FuzzRig();
});
afterEach(async () => {
  await rig.expectUnharmed();
  rig.end();
});

const error = (condition: string): string =>
  `<stream:error><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/>`;
const signedIn = Buffer.from(SIGN_IN);

function* pieces(piece: string, count: number, start = '', end = ''): Generator<Buffer> {
  yield signedIn;
  yield Buffer.from(start);
  const thousand = Buffer.from(piece.repeat(1000));
  for (let i = 0; i < count; i += 1000) yield thousand;
  yield Buffer.from(end);
}

it('does not expand a billion laughs', async () => {
  const before = process.memoryUsage().heapUsed;
  const output = await rig.answer([corpus.get('billion-laughs.xml') ?? Buffer.of()]);
  expect(output).toContain(error('restricted-xml'));
  expect(output).not.toContain('lol');
  // Three gigabytes expanded.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
});

it('ends a stanza of a million elements at its limit', async () => {
  const output = await rig.answer(pieces('<a/>', 1_000_000, '<message>', '</message>'));
  expect(output).toContain(error('policy-violation'));
  expect(output).not.toContain('<message');
});

it('takes as many elements as the limit allows', async () => {
  const output = await rig.answer(
    pieces(
      '<a/>',
      60_000,
      `<message to='xmpp.muster.test' id='m'>`,
      `</message><iq type='get' id='after'><ping xmlns='urn:xmpp:ping'/></iq>`,
    ),
  );
  expect(output).toContain('<iq type="result" id="after"');
});

it('ends an attribute, a name and a text without end', async () => {
  for (const start of [`<message a='`, '<', '<message><body>', '<message ', '<message><body>&'])
    expect(await rig.answer(pieces('xxxxxxxxxx', 100_000, start))).toMatch(
      /<stream:error><(policy-violation|restricted-xml|not-well-formed) /,
    );
});

it('takes a million stanzas that mean nothing, and answers the next one', async () => {
  const output = await rig.answer(
    pieces('<presence/>', 100_000, '', `<iq type='get' id='after'><ping xmlns='urn:xmpp:ping'/></iq>`),
  );
  expect(output).toContain('<iq type="result" id="after"');
});

describe('bytes that are not UTF-8 end the stream', () => {
  for (const [what, hex] of Object.entries({
    'an overlong NUL': 'c080',
    'an overlong slash': 'e080af',
    'a surrogate': 'eda080',
    'a surrogate pair': 'eda080edb080',
    'beyond Unicode': 'f4908080',
    'five bytes': 'f888808080',
    'a continuation alone': '80',
    'a character cut short': 'e282',
    'a byte that never occurs': 'ff',
  })) {
    const bad = [Buffer.from('<message><body>'), Buffer.from(hex, 'hex'), Buffer.from('</body></message>')];
    it(what, async () => {
      expect(await rig.answer([signedIn, Buffer.concat(bad)])).toContain(error('unsupported-encoding'));
      expect(await rig.answer([signedIn, ...bad])).toContain(error('unsupported-encoding'));
    });
  }
});
