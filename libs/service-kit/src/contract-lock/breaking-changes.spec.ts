import { describe, expect, it } from 'vitest';
import { breakingChanges } from './breaking-changes';
import { type ContractSnapshot, contractSnapshot } from './snapshot';

type Schemas = ContractSnapshot['schemas'];

const snapshot = (schemas: Schemas, more: Partial<ContractSnapshot> = {}): ContractSnapshot => ({
  routes: {
    'POST /notes': {
      service: 'web',
      face: 'manager',
      access: { kind: 'signed-in' },
      body: { $ref: '#/components/schemas/Write' },
      reply: { $ref: '#/components/schemas/Note' },
    },
  },
  events: { 'note.written.v1': { delivery: 'durable', payload: { $ref: '#/components/schemas/Note' } } },
  requests: {},
  schemas,
  ...more,
});
const base = (): Schemas => ({
  Write: {
    type: 'object',
    properties: {
      title: { type: 'string', maxLength: 100 },
      kind: { type: 'string', enum: ['a', 'b'] },
      tags: { type: 'array', maxItems: 5, items: { $ref: '#/components/schemas/Tag' } },
    },
    required: ['title'],
  },
  Tag: { type: 'object', properties: { name: { type: 'string', maxLength: 9 } }, required: ['name'] },
  Note: {
    type: 'object',
    properties: { id: { type: 'string', format: 'uuid' }, parent: { $ref: '#/components/schemas/Note' } },
    required: ['id'],
  },
});
/** Changes the schemas, and says what that breaks. */
const after = (
  change: (schemas: Record<string, { properties: Record<string, object>; required: string[] }>) => void,
) => {
  const now = base();
  change(now as unknown as Parameters<typeof change>[0]);
  return breakingChanges(snapshot(base()), snapshot(now));
};

describe('breakingChanges', () => {
  it('finds nothing where nothing changed or something optional was added', () => {
    expect(after(() => undefined)).toEqual([]);
    expect(
      after((schemas) => {
        Object.assign(schemas['Write']?.properties ?? {}, { note: { type: 'string' } });
        Object.assign(schemas['Note']?.properties ?? {}, { extra: { type: 'integer' } });
        Object.assign(schemas['Write']?.properties['title'] ?? {}, { maxLength: 200 });
      }),
    ).toEqual([]);
  });

  it('names removed fields, also deep in lists', () => {
    expect(after((schemas) => delete schemas['Tag']?.properties['name'])).toContain(
      'POST /notes body.tags[].name: the field is gone',
    );
    expect(after((schemas) => delete schemas['Note']?.properties['id'])).toEqual([
      'POST /notes reply.id: the field is gone',
      'note.written.v1.id: the field is gone',
    ]);
  });

  it('names newly required fields of requests', () => {
    expect(after((schemas) => schemas['Write']?.required.push('kind'))).toEqual([
      'POST /notes body.kind: the field is required now',
    ]);
  });

  it('names fields of replies that may be missing now', () => {
    expect(after((schemas) => schemas['Note']?.required.pop())).toContain(
      'POST /notes reply.id: the field may be missing now',
    );
  });

  it('names changed types and what is not accepted any more', () => {
    expect(
      after((schemas) => Object.assign(schemas['Note']?.properties['id'] ?? {}, { format: 'date-time' })),
    ).toContain('POST /notes reply.id: was string uuid, is string date-time');
    expect(after((schemas) => Object.assign(schemas['Write']?.properties['kind'] ?? {}, { enum: ['a'] }))).toEqual([
      'POST /notes body.kind: "b" is not accepted any more',
    ]);
    expect(
      after((schemas) => Object.assign(schemas['Write']?.properties['title'] ?? {}, { maxLength: 9, minLength: 2 })),
    ).toEqual([
      'POST /notes body.title: maxLength was 100, is 9',
      'POST /notes body.title: minLength was undefined, is 2',
    ]);
  });

  it('names what is gone altogether', () => {
    const gone = snapshot(base(), { routes: {}, events: {} });
    expect(breakingChanges(snapshot(base()), gone)).toEqual([
      'POST /notes: the route is gone',
      'note.written.v1: the event is gone',
    ]);
  });
});

describe('contractSnapshot', () => {
  it('covers routes, events and requests of the real contracts', () => {
    const { routes, events, requests, schemas } = contractSnapshot();
    expect(routes['POST /sync']).toMatchObject({ access: { kind: 'device' }, body: { $ref: expect.any(String) } });
    expect(events['identity.revoked.v1']).toBeDefined();
    expect(requests['credential.verify.v1']).toMatchObject({ server: 'key-manager' });
    expect(schemas['Sync']).toMatchObject({ type: 'object' });
  });
});
