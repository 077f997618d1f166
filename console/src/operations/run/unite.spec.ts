import type { DeviceSummary } from '@muster/contracts';
import { expect, it } from 'vitest';
import { unite } from './use-targets';

const device = (id: string, presence: DeviceSummary['presence'] = 'online'): DeviceSummary => ({
  id,
  name: id,
  hostName: id,
  presence,
  platform: 'linux',
  osName: '',
  agentVersion: '',
  enrolledAt: '2026-11-21T00:00:00.000Z',
  attention: false,
});

it('counts a device once that is chosen by itself and by groups, and takes its newest presence', () => {
  const chosen = [device('a'), device('b', 'offline')];
  const groups = [
    { devices: [device('b', 'online'), device('c', 'unknown')], total: 2 },
    { devices: [device('c', 'unknown')], total: 1 },
  ];
  expect(unite(chosen, groups)).toEqual({
    devices: [device('a'), device('b'), device('c', 'unknown')],
    count: 3,
    atMost: false,
    offline: [device('c', 'unknown')],
  });
});

it('says "at most" where a group is too big to look at each member', () => {
  expect(unite([device('a')], [{ devices: [device('a')], total: 5000 }])).toMatchObject({ count: 5000, atMost: true });
});
