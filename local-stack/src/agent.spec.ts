import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isGreen } from './agent';

const file = join(mkdtempSync(join(tmpdir(), 'muster-agent-')), 'status.json');
const green = { version: '0.1.0', pid: 42, deviceId: 'd', connected: true, lastSync: '2026-01-01T00:00:00Z' };

describe('whether the agent is green', () => {
  it.each([
    ['connected and in step', {}, true],
    ['what another process of it once wrote', { pid: 41 }, false],
    ['not connected', { connected: false }, false],
    ['never in step', { lastSync: undefined }, false],
  ])('%s', (_, change, expected) => {
    writeFileSync(file, JSON.stringify({ ...green, ...change }));
    expect(isGreen(file, 42)).toBe(expected);
  });
});
