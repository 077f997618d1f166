import { TestAuthority } from '@muster/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TEST_DOMAIN } from '../../testing/test-broker';
import { HELPDESK, PushUnderTest } from '../testing/push-under-test';

const HELLO = { message: { body: 'Hello' } };

let authority: TestAuthority;
let push: PushUnderTest;
beforeAll(async () => {
  authority = await TestAuthority.create();
});
afterEach(() => push.stop());

const started = async (entry: object, groups: Record<string, string[]> = {}): Promise<void> => {
  push = await PushUnderTest.start(authority, {
    keys: [{ ...HELPDESK, ...entry }],
    groups,
    settings: { PUSH_MESSAGES: '2' },
  });
};

describe('a key reaches', () => {
  it('the accounts, beginnings and groups that it was given', async () => {
    await started({ targets: ['D1', 'lab-*', 'group:floor'] }, { floor: ['f1'], roof: ['r1'] });
    const to = ['d1', 'd11', 'lab-7', 'f1', 'r1', TEST_DOMAIN];
    const { body } = await push.post('/push', { to, groups: ['roof', 'floor'], ...HELLO });
    const { results } = body as { results: Array<{ to: string; reason?: string }> };
    expect(results.filter(({ reason }) => reason === 'not-allowed').map((result) => result.to)).toEqual([
      'd11',
      'r1',
      TEST_DOMAIN,
      'group:roof',
    ]);
  });
});

describe('a key sends', () => {
  it('as its own account, and as nobody else', async () => {
    await started({});
    const device = await push.device('d1');
    for (const from of ['someone', TEST_DOMAIN, 'helpdesk@elsewhere.test']) {
      const answer = await push.post('/push', { to: ['d1'], from, ...HELLO });
      expect(answer).toMatchObject({ status: 403, body: { code: 'permission-denied' } });
    }
    const forged = await push.post('/push', { to: ['d1'], stanza: `<message from='${TEST_DOMAIN}'><wake/></message>` });
    expect(forged.status).toBe(403);
    expect(device.output).not.toContain('<message');
    await push.post('/push', { to: ['d1'], from: `helpdesk@${TEST_DOMAIN}/desk-1`, ...HELLO });
    expect(device.output).toContain(`from="helpdesk@${TEST_DOMAIN}/desk-1"`);
  });

  it('as the addresses that it was given, the first one unless it says which', async () => {
    await started({ from: [TEST_DOMAIN, 'alerts'] });
    const device = await push.device('d1');
    await push.post('/push', { to: ['d1'], ...HELLO });
    await push.post('/push', { to: ['d1'], from: 'alerts', ...HELLO });
    const senders = [...device.output.matchAll(/<message [^>]*from="([^"]*)"/g)].map(([, from]) => from);
    expect(senders).toEqual([TEST_DOMAIN, `alerts@${TEST_DOMAIN}`]);
    expect((await push.post('/push', { to: ['d1'], from: 'helpdesk', ...HELLO })).status).toBe(403);
  });

  it('under each address of the domain where that was given', async () => {
    await started({ from: ['*'] });
    const device = await push.device('d1');
    for (const from of [TEST_DOMAIN, 'someone', undefined])
      expect((await push.post('/push', { to: ['d1'], from, ...HELLO })).status).toBe(200);
    const senders = [...device.output.matchAll(/<message [^>]*from="([^"]*)"/g)].map(([, from]) => from);
    expect(senders).toEqual([TEST_DOMAIN, `someone@${TEST_DOMAIN}`, `helpdesk@${TEST_DOMAIN}`]);
    expect((await push.post('/push', { to: ['d1'], from: 'x@elsewhere.test', ...HELLO })).status).toBe(403);
  });

  it('what its scopes allow', async () => {
    await started({ scopes: ['message'] });
    expect((await push.post('/push', { to: ['d1'], ...HELLO })).status).toBe(200);
    const answer = await push.post('/push', { to: ['d1'], stanza: '<message/>' });
    expect(answer).toMatchObject({ status: 403, body: { code: 'permission-denied' } });
  });
});

describe('a key may use', () => {
  it('so many targets in one request, batches included', async () => {
    await started({ targetsPerRequest: 3 });
    const three = { to: ['a', 'b', 'c'], ...HELLO };
    expect((await push.post('/push', three)).status).toBe(200);
    const refused = await push.post('/push/batch', { pushes: [three, { to: ['a'], ...HELLO }] });
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
    expect(push.counted).toHaveLength(3);
  });

  it('so many messages in one batch', async () => {
    await started({});
    const pushes = ['a', 'b', 'c'].map((to) => ({ to: [to], ...HELLO }));
    expect((await push.post('/push/batch', { pushes: pushes.slice(1) })).status).toBe(200);
    expect((await push.post('/push/batch', { pushes })).status).toBe(400);
  });

  it('so many bytes, whether it says how many or not', async () => {
    await started({ bodyBytes: 2048 });
    const body = JSON.stringify({ to: ['a'], message: { body: 'x'.repeat(3000) } });
    for (const chunked of [false, true]) {
      const answer = await push.post('/push', body, { chunked });
      expect(answer).toMatchObject({ status: 413, body: { code: 'too-large' } });
    }
    expect((await push.post('/push', { to: ['a'], ...HELLO })).status).toBe(200);
  });

  it('so many requests a second, and is told when to come again', async () => {
    await started({ requestsPerSecond: 1 });
    const all = await Promise.all(Array.from({ length: 5 }, () => push.post('/push', { to: ['a'], ...HELLO })));
    const refused = all.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ body: { code: 'too-many-requests', retryAfter: '1' } });
  });
});

it('an Idempotency-Key makes of two requests one', async () => {
  await started({});
  const device = await push.device('d1');
  const headers = { 'idempotency-key': '"8e03978e-40d5"' };
  const first = await push.post('/push', { to: ['d1'], ...HELLO }, { headers });
  const again = await push.post('/push', { to: ['d1'], ...HELLO }, { headers });
  expect(again.body).toEqual(first.body);
  expect([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']]).toEqual([undefined, 'true']);
  const other = await push.post('/push', { to: ['d2'], ...HELLO }, { headers });
  expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  expect(device.output.match(/<message /g)).toHaveLength(1);
});
