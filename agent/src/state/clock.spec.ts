import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerClock } from './clock';

const HOUR = 3_600_000;
let folder: string;
let device = 0;
let monotonic = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-clock-'));
  device = Date.parse('2026-06-01T00:00:00Z');
  monotonic = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));
const open = (issuedAt = 0): ServerClock =>
  new ServerClock(
    join(folder, 'clock.json'),
    issuedAt,
    () => device,
    () => monotonic,
  );

describe("the server's time", () => {
  it('is the device clock until the server told', () => {
    expect(open().now()).toBe(device);
  });
  it('follows the server and not later changes of the device clock', () => {
    const clock = open();
    clock.learn(device + 5 * HOUR);
    monotonic += HOUR;
    device -= 1000 * HOUR;
    expect(clock.now()).toBe(Date.parse('2026-06-01T06:00:00Z'));
  });
  it('remembers the offset over a restart', () => {
    open().learn(device + 5 * HOUR);
    device += HOUR;
    expect(open().now()).toBe(device + 5 * HOUR);
  });
  it('is never before what the server told last, nor before the installer was made', () => {
    open().learn(device + 2 * HOUR);
    const known = device + 2 * HOUR;
    device = Date.parse('1970-01-01T00:00:00Z');
    expect(open().now()).toBe(known);
    rmSync(join(folder, 'clock.json'));
    expect(open(known - HOUR).now()).toBe(known - HOUR);
  });
});
