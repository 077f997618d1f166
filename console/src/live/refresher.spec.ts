import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Refresher } from './refresher';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a thousand messages about one list cost one request in an interval', () => {
  const asked: unknown[] = [];
  const refresher = new Refresher({ invalidateQueries: async (filters) => void asked.push(filters?.queryKey) }, 1000);
  for (let i = 0; i < 1000; i++) refresher.soon(['/api/devices']);
  refresher.soon(['/api/dashboard']);
  vi.advanceTimersByTime(1000);
  expect(asked).toEqual([['/api/devices'], ['/api/dashboard']]);
  refresher.soon(['/api/devices']);
  refresher.stop();
  vi.advanceTimersByTime(5000);
  expect(asked).toHaveLength(2);
});
