import { Logger } from '@nestjs/common';
import { eventually } from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Periodic } from './periodic';

let periodic: Periodic | undefined;
const escaped: unknown[] = [];
const escape = (error: unknown): void => void escaped.push(error);

beforeEach(() => {
  escaped.length = 0;
  process.on('unhandledRejection', escape);
  process.on('uncaughtException', escape);
});
afterEach(async () => {
  await periodic?.stop();
  process.off('unhandledRejection', escape);
  process.off('uncaughtException', escape);
  vi.restoreAllMocks();
});

const rejects = async (): Promise<void> => {
  throw new Error('late');
};
const throws = (): Promise<void> => {
  throw new Error('at once');
};

describe('repeated work', () => {
  it.each([
    ['rejects', rejects, 'late'],
    ['throws before it gives a promise', throws, 'at once'],
  ])('that %s is told, and comes again', async (_how, work, message) => {
    const told: unknown[] = [];
    periodic = new Periodic(5, work, (error) => void told.push(error));
    periodic.start();
    await eventually(() => told.length >= 3);
    expect(told[0]).toEqual(new Error(message));
    expect(escaped).toEqual([]);
  });

  it.each([rejects, throws])('comes again also where telling fails', async (work) => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    let runs = 0;
    const counted = (): Promise<void> => {
      runs += 1;
      return work();
    };
    periodic = new Periodic(5, counted, () => {
      throw new Error('nobody to tell');
    });
    await expect(periodic.run()).resolves.toBeUndefined();
    periodic.start();
    await eventually(() => runs >= 3);
    await periodic.stop();
    expect(escaped).toEqual([]);
    expect(logged.mock.calls[0]).toMatchObject([{ error: expect.any(Error), second: new Error('nobody to tell') }]);
  });

  it('never runs twice at once, and stops when it has ended', async () => {
    let runs = 0;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let ended = false;
    periodic = new Periodic(
      1,
      async () => {
        runs += 1;
        await held;
        ended = true;
      },
      () => undefined,
    );
    periodic.start();
    const both = [periodic.run(), periodic.run()];
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(runs).toBe(1);
    const stopped = periodic.stop();
    release();
    await stopped;
    expect(ended).toBe(true);
    await Promise.all(both);
    expect(runs).toBe(1);
  });
});
