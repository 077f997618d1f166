import { SOFTWARE_SOURCES } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { garbage, random } from '../testing/random';
import { holds, VERSION_ORDERS } from './orders';

/** What every order must bear: pieces that real versions are made of, put together without sense. */
const PIECES = [
  ...['0', '1', '2', '10', '00', '01', '09', '007', '99999999999999999999999', 'a', 'b', 'rc', 'alpha', 'Z', 'p1'],
  ...[
    '.',
    '..',
    '-',
    '--',
    '~',
    '~~',
    '^',
    '+',
    '_',
    ':',
    '1:',
    '0:',
    ' ',
    '',
    'é',
    '😀',
    '_rc1',
    '_p2',
    '-r3',
    '.dev0',
  ],
];

describe.each([...new Set(Object.values(VERSION_ORDERS))].map((order, place) => [place, order] as const))(
  'order %i',
  (place, order) => {
    const name = SOFTWARE_SOURCES.find((source) => VERSION_ORDERS[source] === order);
    const next = random(place + 1);
    const texts = [...Array.from({ length: 70 }, () => garbage(next, PIECES, 6)), '', '1', '1.0', '1.0.0', '\n'];

    it(`is total for any text (${name})`, () => {
      const sign = texts.map((a) => texts.map((b) => order.compare(a, b)));
      for (const [i, a] of texts.entries()) {
        expect(sign[i]?.[i], a).toBe(0);
        for (const [j, b] of texts.entries()) {
          // `+ 0` because minus zero is another zero to `toBe`.
          expect((sign[i]?.[j] ?? NaN) + 0, `${a} and ${b}`).toBe(-(sign[j]?.[i] ?? NaN) + 0);
          for (const [k, c] of texts.entries()) {
            const [ab, bc, ac] = [sign[i]?.[j] ?? 0, sign[j]?.[k] ?? 0, sign[i]?.[k] ?? 0];
            if (ab <= 0 && bc <= 0 && ac > 0) expect.fail(`${a} ≤ ${b} ≤ ${c}, but ${a} > ${c}`);
            if (ab === 0 && bc === 0 && ac !== 0) expect.fail(`${a} = ${b} = ${c}, but not ${a} = ${c}`);
          }
        }
      }
    });

    it(`bears a text of 100,000 characters (${name})`, () => {
      for (const piece of ['1', 'a', '1.', '~', '-', '.', ':', '_p', '0a']) {
        const long = piece.repeat(100_000 / piece.length);
        expect(order.compare(long, long), piece).toBe(0);
        expect(Math.abs(order.compare(long, '1')), piece).toBeLessThanOrEqual(1);
      }
    });
  },
);

/** Written after the rules that each tool publishes; older first, `=` for versions that are alike. */
const RECORDED = {
  rpm: [
    ['1.0~rc1', '1.0~rc2', '1.0', '1.0^20200101', '1.0^20200102', '1.0a', '1.0.1', '1.1', '1.10', '2.0'],
    ['1~~', '1~', '1~a', '1', '1^', '1^a', '1a', '1.1'],
    ['5.5p1', '5.5p2', '5.5p10', '5.6p1', '6.5p1'],
    ['xyz.4', '2', '8'],
    ['1.0-1.fc38', '1.0-2.fc38', '1.0-10.fc38', '1:0.1-1', '2:0.1-1'],
    ['2.0', '=', '2_0', '=', '2..0', '=', '02.00'],
    ['10.0001', '=', '10.1', '10.0039', '10.39.1'],
    ['0:1.0-1', '=', '1.0-1'],
    ['6.0', '6.0.rc1'],
    ['3.0.7-24.el9', '3.0.7-25.el9_3', '3.0.7-27.el9', '3.2.2-6.el9_5'],
  ],
  pacman: [
    ['1.0a', '1.0alpha', '1.0b', '1.0beta', '1.0rc', '1.0', '1.0.a', '1.0.b', '1.0.1', '1.1'],
    ['1.5-1', '1.5-2', '1.5.1-1', '1.5.1-2', '1:1.0-1', '2:0.1-1'],
    ['2.0', '=', '2_0', '=', '0:2.0'],
    ['2.0a', '2.0', '2.0.a', '=', '2_0.a'],
    ['2_a', '2___a'],
  ],
  apk: [
    ['1.1_alpha', '1.1_alpha1', '1.1_alpha2', '1.1_beta', '1.1_pre1', '1.1_rc1', '1.1_rc2', '1.1', '1.1-r1', '1.1-r10'],
    ['1.1', '1.1_p1', '1.1_p2', '1.1_p10', '1.1a', '1.1b', '1.1.1'],
    ['1.00_beta2', '1.00', '1.00.1', '1.02', '1.06-r6', '1.1', '1.1a', '1.2.07.8', '1.2.12.04', '1.2.12.05'],
    ['0.1.0_alpha_pre2', '0.1.0_alpha', '0.1.0', '0.1.3_alpha'],
    ['02.08.01b', '4.77', '006', '8', '021109-r3', '20060512'],
    ['2.3.0b-r1', '2.3.0b-r4', '2.5.1-r8', '2.5.1a-r1'],
    ['3.0.11-r0', '3.0.12-r0', '3.0.12-r1', '3.1.4-r5'],
  ],
  pip: [
    ['not a version', '1.0.dev1', '1.0a1.dev1', '1.0a1', '1.0a2', '1.0b1', '1.0rc1', '1.0', '1.0+local', '1.0.post1'],
    ['1.0', '=', '1.0.0', '1.9', '1.10', '2!0.1'],
  ],
  npm: [
    [
      'latest',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
    ],
    ['1.9.9', '1.10.0', '=', '1.10', '=', 'v1.10.0', '=', '1.10.0+build', '2.0.0', '=', '2'],
  ],
  windows: [
    ['9.0', '10.0', '10.0.19041', '10.0.19045.3448', '11.0'],
    ['1.2', '=', '1.2.0', '=', '1.2.0.0', '1.2.0.1'],
    ['1.0 alpha', '1.0 Beta 1', '1.0 beta 2', '1.0-RC1', '1.0', '1.0a', '1.0b', '1.0.1'],
    ['115.0.5790.99', '115.0.5790.171', '116.0.5845.97'],
  ],
  homebrew: [['1.1.1', '1.1.1k', '1.1.1w', '1.1.1.1', '3.1.2', '3.1.2_1', '3.1.3']],
} as const;

describe.each(Object.entries(RECORDED))('versions of %s', (source, ladders) => {
  const { compare } = VERSION_ORDERS[source as keyof typeof RECORDED];

  it.each(ladders.map((ladder) => [ladder] as const))('%j', (ladder) => {
    const ranked: Array<{ version: string; rank: number }> = [];
    for (const [place, version] of ladder.entries()) {
      if (version === '=') continue;
      const same = place > 0 && ladder[place - 1] === '=';
      ranked.push({ version, rank: (ranked.at(-1)?.rank ?? 0) + (same ? 0 : 1) });
    }
    for (const a of ranked) {
      for (const b of ranked) {
        expect(compare(a.version, b.version) + 0, `${a.version} and ${b.version}`).toBe(Math.sign(a.rank - b.rank) + 0);
      }
    }
  });
});

describe('versions that people ask about', () => {
  it.each([
    ['rpm', '3.0.12-5.el9', 'at-most', '3.0.12', true],
    ['rpm', '3.0.12-5.el9', 'exactly', '3.0.12', true],
    ['rpm', '3.0.12-5.el9', 'below', '3.0.12-6.el9', true],
    ['rpm', '1:1.1.1k-9.el8', 'below', '3.0.12', false],
    ['pacman', '3.1.4-1', 'exactly', '3.1.4', true],
    ['dpkg', '3.0.11-1~deb12u2', 'below', '3.0.12', true],
    ['dpkg', '3.0.12-1', 'below', '3.0.12', false],
    ['dpkg', '3.0.12~rc1-1', 'below', '3.0.12', true],
    ['npm', '4.17.21', 'below', '4.18', true],
    ['pip', '2.31.0', 'at-least', '2.31', true],
  ] as const)('%s %s is %s %s: %s', (source, installed, comparison, asked, expected) => {
    expect(holds(source, installed, comparison, asked)).toBe(expected);
  });
});
