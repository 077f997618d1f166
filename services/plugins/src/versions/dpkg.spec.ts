import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { garbage, random } from '../testing/random';
import { dpkg } from './dpkg';

const present = spawnSync('dpkg', ['--version']).status === 0;

/** Asks the real tool about each pair, whether what this order says of it is so; returns the pairs where it is not. */
function disagreements(pairs: ReadonlyArray<readonly [string, string]>): string[] {
  const lines = pairs.map(([a, b]) => {
    const difference = dpkg.compare(a, b);
    return `${a}\t${difference < 0 ? 'lt' : difference > 0 ? 'gt' : 'eq'}\t${b}`;
  });
  // No `read`: a tab is white space to it, and an empty field would be swallowed.
  const script =
    'while IFS= read -r line; do a=${line%%$t*}; b=${line##*$t}; o=${line#*$t}; o=${o%$t*}; dpkg --compare-versions "$a" "$o" "$b" || printf "%s\\n" "$line"; done';
  const answer = execFileSync('sh', ['-c', script], {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', t: '\t' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return answer.split('\n').filter((line) => line !== '');
}

describe.skipIf(!present)('versions of dpkg, as the real dpkg compares them', () => {
  it('agree on every installed package with its neighbour and with itself made older and newer', () => {
    const installed = execFileSync('dpkg-query', ['-W', '-f', '${Version}\n'], { encoding: 'utf8' }).trim().split('\n');
    expect(installed.length).toBeGreaterThan(50);
    const pairs = installed.flatMap((version, place) => [
      [version, installed[place - 1] ?? '0'] as const,
      [version, `${version}~`] as const,
      [version, `${version}+b1`] as const,
    ]);
    expect(disagreements(pairs)).toEqual([]);
  });

  it('agree on thousands of random versions', () => {
    const next = random(20_260_101);
    const pieces = [
      '0',
      '1',
      '2',
      '9',
      '10',
      '01',
      '00',
      'a',
      'b',
      'z',
      'A',
      'rc',
      '.',
      '~',
      '~~',
      '+',
      '-',
      'dfsg',
      '123456789',
    ];
    const made = Array.from({ length: 2500 }, () => {
      const epoch = next() < 0.15 ? `${Math.floor(next() * 3)}:` : '';
      return `${epoch}${Math.floor(next() * 3)}${garbage(next, pieces, 5)}${next() < 0.4 ? `-${Math.floor(next() * 3)}` : ''}`;
    });
    // dpkg refuses versions and revisions that end in a hyphen.
    const versions = made.map((version) => version.replace(/-+$/, '-1').replace(/-(?=-)/g, ''));
    const pairs = versions.flatMap((version, place) => {
      const near = versions[place] ?? '';
      const other = versions[(place * 7 + 1) % versions.length] ?? '';
      return [
        [version, other] as const,
        [near, near.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10))] as const,
      ];
    });
    expect(pairs.length).toBeGreaterThanOrEqual(5000);
    expect(disagreements(pairs)).toEqual([]);
  }, 120_000);
});
