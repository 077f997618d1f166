import { newId } from '@muster/database';
import type { Draft } from '../chain/draft';

/** Drafts that all say something else, as people and devices make them. */
export function someDrafts(count: number, { at = Date.now() }: { at?: number } = {}): Draft[] {
  const [person, user, device] = [newId(), newId(), newId()];
  return Array.from({ length: count }, (_, index) => ({
    at: new Date(at + index).toISOString(),
    ...(index % 3 === 0
      ? {
          actor: { kind: 'device' as const, id: device, name: `device ${index % 50}` },
          action: 'operation.ran',
          target: { kind: 'operation', id: newId() },
        }
      : {
          actor: { kind: 'person' as const, id: person, name: 'anna@example.test', address: '203.0.113.9' },
          action: index % 2 === 0 ? 'user.changed' : 'group.created',
          target: { kind: 'user', id: user, name: `user ${index}` },
        }),
    outcome: index % 10 === 0 ? ('refused' as const) : ('done' as const),
    details: [{ name: 'index', value: `entry ${index}` }],
    correlationId: newId(),
    messageId: newId(),
  }));
}
