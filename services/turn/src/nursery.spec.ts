import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { NURSERY_FLAG } from './nursery';

/** Kilobytes of the young generation of a process that set a flag when it ran already, and then made and forgot much. */
function nurseryWith(flag?: string): number {
  const script = `
    const { getHeapSpaceStatistics, setFlagsFromString } = require('node:v8');
    ${flag ? `setFlagsFromString(${JSON.stringify(flag)});` : ''}
    let kept = [];
    for (let made = 0; made < 3e6; made += 1) {
      kept.push({ made });
      if (kept.length > 2000) kept = [];
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size / 1024);`;
  return Number(execFileSync(process.execPath, ['--eval', script], { encoding: 'utf8' }));
}

it('does not grow, as it would', () => {
  expect(nurseryWith(NURSERY_FLAG)).toBeLessThanOrEqual(2048);
  expect(nurseryWith()).toBeGreaterThan(2048);
});
