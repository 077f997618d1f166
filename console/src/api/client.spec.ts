import {
  cancelBatch,
  currentSession,
  listDevices,
  readDevice,
  renameDevice,
  retireDevice,
  signIn,
} from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { ApiError } from './api-error';
import { addressOf, ApiClient } from './client';

interface Sent {
  url: string;
  init: RequestInit;
}
function answering(...replies: (Response | Error)[]) {
  const sent: Sent[] = [];
  const client = new ApiClient((input, init) => {
    sent.push({ url: String(input), init: init ?? {} });
    const reply = replies.shift() ?? new Error('no further reply');
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  });
  return { client, sent };
}
const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
const headerOf = ({ init }: Sent, name: string) => new Headers(init.headers).get(name);
const failure = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => Promise.reject(new Error('it should have failed')),
    (error: unknown) => (error instanceof ApiError ? error : Promise.reject(error)),
  );
const id = '01930000-0000-7000-8000-000000000001';

describe('addresses', () => {
  it('carry parameters and the query fields that are there', () => {
    expect(addressOf(readDevice, { params: { id: 'a/b' } })).toBe('/api/devices/a%2Fb');
    expect(
      addressOf(listDevices, { query: { page: 2, search: 'a&b', attention: true, platform: undefined, groupId: '' } }),
    ).toBe('/api/devices?page=2&search=a%26b&attention=true');
  });
});

describe('a call', () => {
  it('sends the body as JSON with the session cookie and the token that proves the page', async () => {
    const { client, sent } = answering(json(200, { id }));
    client.csrfToken = 'the-token';
    await expect(client.call(renameDevice, { params: { id }, body: { name: 'Front desk' } })).resolves.toEqual({ id });
    expect(sent[0]?.url).toBe(`/api/devices/${id}`);
    expect(sent[0]?.init).toMatchObject({ method: 'PATCH', credentials: 'same-origin', body: '{"name":"Front desk"}' });
    expect(headerOf(sent[0] as Sent, 'x-muster-csrf')).toBe('the-token');
    expect(headerOf(sent[0] as Sent, 'content-type')).toBe('application/json');
  });

  it('reads without the token and without a body', async () => {
    const { client, sent } = answering(json(200, {}));
    client.csrfToken = 'the-token';
    await client.call(currentSession, {});
    expect(headerOf(sent[0] as Sent, 'x-muster-csrf')).toBeNull();
    expect(headerOf(sent[0] as Sent, 'content-type')).toBeNull();
    expect(sent[0]?.init.body).toBeUndefined();
  });

  it('takes 204 for an answer', async () => {
    const { client } = answering(new Response(null, { status: 204 }));
    await expect(client.call(retireDevice, { params: { id } })).resolves.toEqual({});
  });

  it('needs what the contract needs', () => {
    const { client } = answering();
    // @ts-expect-error a device has an id
    void client.call(readDevice, {}).catch(() => undefined);
    // @ts-expect-error a sign-in has a password
    void client.call(signIn, { body: { email: 'a@example.org' } }).catch(() => undefined);
    // @ts-expect-error `colour` is no field of the query
    void client.call(listDevices, { query: { colour: 'red' } }).catch(() => undefined);
    void client.call(cancelBatch, { params: { id } }).catch(() => undefined);
  });
});

describe('a refusal', () => {
  it('carries code, message, correlation id, faults and the time to wait', async () => {
    const body = {
      code: 'locked-out',
      message: 'Too many failures.',
      correlationId: 'c-1',
      faults: [{ field: 'email', problem: 'is locked' }],
      retryAfter: '125',
    };
    const { client } = answering(json(429, body));
    const error = await failure(client.call(signIn, { body: { email: 'a@example.org', password: 'x' } }));
    expect(error).toMatchObject({ code: 'locked-out', message: 'Too many failures.' });
    expect(error.details).toMatchObject({
      status: 429,
      correlationId: 'c-1',
      faults: [{ field: 'email', problem: 'is locked' }],
      retryAfterSeconds: 125,
    });
  });

  it('takes the time to wait from the header where the body has none', async () => {
    const { client } = answering(json(429, { code: 'too-many-requests', message: '' }, { 'retry-after': '7' }));
    expect((await failure(client.call(listDevices, {}))).details.retryAfterSeconds).toBe(7);
  });

  it.each([
    [502, '<html>Bad gateway</html>', 'unavailable', true],
    [429, 'slow down', 'too-many-requests', false],
    [500, '', 'internal', false],
    [200, 'not JSON', 'internal', false],
    [418, '{"code":"no-such-code","message":"?"}', 'internal', false],
  ])('that is not an error body (%i) becomes %s', async (status, text, code, transient) => {
    const { client } = answering(new Response(text, { status }));
    const error = await failure(client.call(listDevices, {}));
    expect([error.code, error.transient]).toEqual([code, transient]);
  });

  it('because nothing answers is "unreachable"', async () => {
    const { client } = answering(new TypeError('Failed to fetch'));
    const error = await failure(client.call(listDevices, {}));
    expect([error.code, error.transient]).toEqual(['unreachable', true]);
  });

  it('for want of a session is told once more', async () => {
    const { client } = answering(json(401, { code: 'not-signed-in', message: '', correlationId: 'c' }));
    let told = 0;
    client.onSignedOut = () => told++;
    await failure(client.call(listDevices, {}));
    expect(told).toBe(1);
  });

  it('of a wrong password does not end a session', async () => {
    const { client } = answering(json(401, { code: 'sign-in-failed', message: '', correlationId: 'c' }));
    let told = 0;
    client.onSignedOut = () => told++;
    await failure(client.call(signIn, { body: { email: 'a@example.org', password: 'x' } }));
    expect(told).toBe(0);
  });
});

it('an abort is no failure of the server', async () => {
  const abort = new AbortController();
  abort.abort();
  const { client } = answering(new DOMException('aborted', 'AbortError'));
  await expect(client.call(listDevices, {}, abort.signal)).rejects.toBeInstanceOf(DOMException);
});
