import { expect, it } from 'vitest';
import { LiveWatcher } from './live-watcher';

const listener = (noted: string[]) => ({
  pieces: (pieces: string[]) => void noted.push(...pieces),
  gap: () => void noted.push('gap'),
});

it('tells the server about each thing once, for as long as somebody looks at it', () => {
  const told: string[][] = [];
  const watcher = new LiveWatcher<string>((ids) => told.push(ids));
  const noted: string[] = [];
  const stop = [
    watcher.add('a', listener(noted)),
    watcher.add('a', listener(noted)),
    watcher.add('b', listener(noted)),
  ];
  watcher.deliver('a', ['one']);
  watcher.deliver('unknown', ['nothing']);
  expect(noted).toEqual(['one', 'one']);
  stop[0]?.();
  stop[0]?.();
  watcher.gap();
  expect(noted).toEqual(['one', 'one', 'gap', 'gap']);
  stop[1]?.();
  expect(told).toEqual([['a'], ['a', 'b'], ['b']]);
});

it('asks for the newest fifty only', () => {
  const told: string[][] = [];
  const watcher = new LiveWatcher<string>((ids) => told.push(ids));
  for (let i = 0; i < 60; i++) watcher.add(`d${i}`, listener([]));
  expect([told.at(-1)?.length, told.at(-1)?.at(-1)]).toEqual([50, 'd59']);
});
