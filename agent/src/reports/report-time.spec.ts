import { describe, expect, it } from 'vitest';
import { ReportTime } from './report-time';

const TRUE_START = Date.parse('2026-06-01T12:00:00Z');
const HOUR = 3_600_000;
const YEARS = 2 * 365 * 24 * HOUR;

/** A device in true time: what its clock shows, how long it has run, and whether the server told it the time. */
class Device {
  true = TRUE_START;
  wrong = 0;
  booted = TRUE_START - HOUR;
  boots = 1;
  known = false;

  time(): ReportTime {
    return new ReportTime(
      {
        now: () => this.true,
        known: this.known,
      },
      {
        wall: () => this.true + this.wrong,
        up: () => (this.true - this.booted) / 1000,
        boot: `boot ${this.boots}`,
      },
    );
  }
  get wall(): Date {
    return new Date(this.true + this.wrong);
  }
  reboot(offMs: number): void {
    this.true += offMs;
    this.booted = this.true;
    this.boots++;
  }
}
const ageOf = (device: Device, takenAt: string): number => device.wall.getTime() - Date.parse(takenAt);

describe("a report's time", () => {
  it('stays exactly as it was written while the clock goes right', () => {
    const device = new Device();
    const at = device.wall.toISOString();
    const stamp = device.time().stamp(at);
    device.true += 5 * HOUR + 7;
    expect(device.time().takenAt(stamp, device.wall)).toBe(at);
  });

  it.each([
    ['two years back', -YEARS],
    ['two years ahead', YEARS],
  ])('has its true age when NTP sets a clock that was %s', (_, wrong) => {
    const device = new Device();
    device.wrong = wrong;
    const stamp = device.time().stamp(device.wall.toISOString());
    device.true += 3 * HOUR;
    device.wrong = 0;
    expect(ageOf(device, device.time().takenAt(stamp, device.wall))).toBe(3 * HOUR);
  });

  it("has its true age over a restart when the server's time was known at both ends", () => {
    const device = new Device();
    device.wrong = -YEARS;
    device.known = true;
    const stamp = device.time().stamp(device.wall.toISOString());
    device.reboot(48 * HOUR);
    device.wrong = 60_000;
    expect(ageOf(device, device.time().takenAt(stamp, device.wall))).toBe(48 * HOUR);
  });

  it('goes by the clock over a restart when nothing else is known, and is never in the future', () => {
    const device = new Device();
    const stamp = device.time().stamp(device.wall.toISOString());
    device.reboot(48 * HOUR);
    expect(ageOf(device, device.time().takenAt(stamp, device.wall))).toBe(48 * HOUR);
    device.wrong = -YEARS;
    expect(ageOf(device, device.time().takenAt(stamp, device.wall))).toBe(0);
  });

  it('does not go by an uptime that began anew without a restart, as that of a container does', () => {
    const device = new Device();
    const stamp = device.time().stamp(device.wall.toISOString());
    device.true += HOUR;
    device.booted = device.true - 1000;
    expect(ageOf(device, device.time().takenAt(stamp, device.wall))).toBe(HOUR);
  });

  it('counts the time that making the report took', () => {
    const device = new Device();
    const begun = device.wall.toISOString();
    device.true += 20_000;
    const stamp = device.time().stamp(begun);
    device.wrong = YEARS;
    expect(ageOf(device, device.time().takenAt(stamp, device.wall))).toBe(20_000);
  });

  it('is the same each time a batch is sent again', () => {
    const device = new Device();
    const stamp = device.time().stamp(device.wall.toISOString());
    device.true += 90_000;
    const first = device.time().takenAt(stamp, device.wall);
    device.true += 10 * HOUR;
    expect(device.time().takenAt(stamp, device.wall)).toBe(first);
  });
});
