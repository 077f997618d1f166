import { setImmediate as turn } from 'node:timers/promises';
import { AppError } from '@muster/contracts';
import { expect, it } from 'vitest';
import { Gate } from './gate';

/** Work that ends when told. */
function task() {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { end, work: () => ended };
}

it('lets so many in at once and the others in their turn', async () => {
  const gate = new Gate(2, 10, 60_000);
  const started: number[] = [];
  const tasks = [0, 1, 2, 3].map(task);
  const all = tasks.map((each, index) =>
    gate.through(() => {
      started.push(index);
      return each.work();
    }),
  );
  await turn();
  expect(started).toEqual([0, 1]);
  tasks[1]?.end();
  await all[1];
  await turn();
  expect(started).toEqual([0, 1, 2]);
  for (const each of tasks) each.end();
  await Promise.all(all);
  expect(started).toEqual([0, 1, 2, 3]);
});

it('gives the place on when the work fails', async () => {
  const gate = new Gate(1, 10, 60_000);
  await expect(gate.through(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await gate.through(async () => 'in')).toBe('in');
});

it('sends away who is too many or waits too long, and keeps no place for them', async () => {
  const gate = new Gate(1, 1, 5);
  const first = task();
  const inside = gate.through(first.work);
  const waiting = gate.through(async () => 'late');
  await expect(gate.through(async () => 'too many')).rejects.toMatchObject({ code: 'unavailable' });
  await expect(waiting).rejects.toBeInstanceOf(AppError);
  first.end();
  await inside;
  expect(await gate.through(async () => 'in')).toBe('in');
});
