import { describe, expect, it } from 'vitest';
import { allEvents, allRoutes, type BusEvent } from '../index';
import { fieldChanges } from './action-facts';

const changing = allRoutes().filter(({ method, face }) => method !== 'GET' && face === 'manager');
const named = changing.map((route) => [`${route.method} ${route.path}`, route] as const);

describe('what people do leaves a trace', () => {
  it('is about the routes that there are', () => expect(changing.length).toBeGreaterThan(25));

  it.each(named)('%s says which facts it causes, or why none', (_name, { causes }) => {
    if (Array.isArray(causes)) expect(causes.length).toBeGreaterThan(0);
    else expect((causes as { none: string } | undefined)?.none).toMatch(/\w+ \w+/);
  });

  it.each(named)('%s causes facts that survive and reach the audit log', (_name, { causes }) => {
    for (const event of Array.isArray(causes) ? (causes as BusEvent[]) : []) {
      expect(event).toMatchObject({ delivery: 'durable' });
      expect(event.consumers).toContain('audit-logs');
    }
  });

  it('and every fact of a person is caused by some route, or on behalf of one', () => {
    const caused = new Set(changing.flatMap(({ causes }) => (Array.isArray(causes) ? (causes as BusEvent[]) : [])));
    const facts = allEvents().filter(({ consumers }) => consumers.includes('audit-logs'));
    const others = facts.filter((event) => event.delivery === 'durable' && !caused.has(event));
    expect(others.map(({ subject }) => subject).sort()).toEqual([
      ...['authority.changed.v1', 'certificate.renewed.v1', 'device-update.ended.v1'],
      ...['device.enrolled.v1', 'device.uninstall-asked.v1', 'enrolment.refused.v1'],
      // By every list that gives a file, whoever may read it.
      'list.exported.v1',
      // By the worker that finds out whose address was typed.
      'password-reset.asked.v1',
      'session.refused.v1',
    ]);
  });
});

describe('changes of fields', () => {
  it('name what differs, as text that can be stored', () => {
    const before = { name: 'a', size: 1, off: false, gone: 'x' as string | undefined, long: '' };
    const after = { name: 'a', size: 2, off: true, gone: undefined, long: `${'y'.repeat(999)}😀` };
    expect(fieldChanges(before, after, ['name', 'size', 'off', 'gone', 'long'])).toEqual([
      { field: 'size', before: '1', after: '2' },
      { field: 'off', before: 'false', after: 'true' },
      { field: 'gone', before: 'x', after: undefined },
      { field: 'long', before: '', after: 'y'.repeat(999) },
    ]);
  });
});
