import { appendOutput, askRelease, reportInventory, reportToAudit, reportToRmm, sync } from '@muster/contracts';
import { createConnection } from 'node:net';
import { connect } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Api, raw } from './harness/api';
import { asAdmin } from './harness/people';
import { anchors, basePort, BASE_DOMAIN, httpsPort, ITSM_DOMAIN, secrets, status, xmppPort } from './harness/stack';

let admin: Api;
beforeAll(async () => {
  admin = await asAdmin();
});

describe('the edge', () => {
  it('does not serve console routes on the worker face', async () => {
    const host = `work.${BASE_DOMAIN}`;
    const reply = await raw({ host, path: '/api/devices', headers: { cookie: admin.cookie } });
    expect(reply.status).toBe(404);
    const direct = await fetch(`http://127.0.0.1:${basePort + 102}/api/devices`, {
      headers: { 'x-muster-edge': secrets().edge, cookie: admin.cookie },
    });
    expect(direct.status).toBe(404);
  });
  it('asks devices for a certificate, and believes no header instead', async () => {
    const forged = { 'x-muster-client-cert': 'forged', 'x-muster-edge': secrets().edge, 'x-real-ip': '1.2.3.4' };
    for (const [name, route] of [
      ['work', sync],
      ['rmm-api', appendOutput],
      ['rmm-api', reportToRmm],
      ['plugins-api', reportInventory],
      ['auditlogs-api', reportToAudit],
      ['dl', askRelease],
    ] as const) {
      const host = `${name}.${BASE_DOMAIN}`;
      const reply = await raw({ method: 'POST', host, path: route.path, body: '{}', headers: forged });
      expect(reply.status).toBe(400);
      expect(JSON.parse(reply.text)).toMatchObject({ code: 'certificate-required' });
    }
  });
  it.each([
    [101, '/api/devices'],
    [106, '/rmm/logs'],
    [107, '/plugins/software'],
    [108, '/audit/entries'],
    [110, '/downloads/releases'],
  ])('does not let the service at %d believe anybody but the edge', async (port, path) => {
    const reply = await fetch(`http://127.0.0.1:${basePort + port}${path}`, { headers: { cookie: admin.cookie } });
    expect(reply.status).toBe(403);
  });
  it.each([
    ['rmm-api', '/rmm/logs'],
    ['plugins-api', '/plugins/software'],
    ['auditlogs-api', '/audit/entries'],
    ['dl', '/downloads/releases'],
  ])('does not serve console routes on %s, nor devices’ routes on the console’s host', async (name, path) => {
    const headers = { cookie: admin.cookie };
    expect((await raw({ host: `${name}.${BASE_DOMAIN}`, path, headers })).status).toBe(404);
    for (const route of [reportToRmm, reportInventory, reportToAudit, appendOutput, askRelease]) {
      const csrf = { ...headers, 'x-muster-csrf': admin.session?.csrfToken ?? '' };
      const reply = await raw({ method: 'POST', path: route.path, headers: csrf, body: '{}' });
      expect([404, 405]).toContain(reply.status);
    }
  });
  it('refuses unknown hosts but the bare address', async () => {
    const reply = await raw({ path: '/', headers: { host: 'evil.example' } });
    expect(reply.status).toBe(421);
    expect(JSON.parse(reply.text)).toMatchObject({ code: 'not-found', message: expect.any(String) });
    expect((await raw({ path: '/', headers: { host: '127.0.0.1' } })).status).toBe(200);
  });
  it.each([
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/assets/..%2f..%2f..%2f..%2fetc%2fpasswd',
    '/assets/%252e%252e/%252e%252e/secrets.json',
    '/bip/..%2f..%2fetc/passwd',
  ])('gives out no file by %s', async (path) => {
    const reply = await raw({ path });
    expect([400, 404]).toContain(reply.status);
    expect(JSON.parse(reply.text)).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  });
  it('sends HTTP to HTTPS', async () => {
    const reply = await fetch(`http://127.0.0.1:${basePort + 80}/x`, { redirect: 'manual' });
    expect(reply.status).toBe(308);
    expect(reply.headers.get('location')).toBe(`https://127.0.0.1:${httpsPort}/x`);
  });
  it('answers 503 for functions that are not there yet', async () => {
    for (const name of ['rtdc-api', 'rtdc-relay-01']) {
      const reply = await raw({ path: '/', host: `${name}.${BASE_DOMAIN}` });
      expect(reply.status).toBe(503);
      expect(JSON.parse(reply.text)).toMatchObject({ code: 'unavailable' });
    }
  });
  it('sets security headers on the console', async () => {
    const { headers } = await raw({ path: '/' });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['strict-transport-security']).toBeTruthy();
  });
  it('speaks TLS 1.2 and 1.3 only', async () => {
    const handshake = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(
          {
            host: '127.0.0.1',
            port: httpsPort,
            servername: ITSM_DOMAIN,
            minVersion: version,
            maxVersion: version,
            rejectUnauthorized: false,
            ciphers: 'DEFAULT@SECLEVEL=0',
          },
          () => {
            resolve(socket.getProtocol() ?? '');
            socket.destroy();
          },
        );
        socket.on('error', () => resolve('refused'));
      });
    expect(await handshake('TLSv1.1')).toBe('refused');
    expect(await handshake('TLSv1.2')).toBe('TLSv1.2');
    expect(await handshake('TLSv1.3')).toBe('TLSv1.3');
  });
  it('a change without the CSRF token is refused', async () => {
    const reply = await raw({
      method: 'POST',
      path: '/api/groups',
      body: '{"name":"x"}',
      headers: { cookie: admin.cookie },
    });
    expect(JSON.parse(reply.text)).toMatchObject({ code: 'csrf-refused' });
  });
});

/** What came back for some bytes, until the other side closed. @throws Error when it did not within ten seconds */
function send(port: number, bytes: Buffer, encrypted: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = encrypted
      ? connect({ host: '127.0.0.1', port, servername: ITSM_DOMAIN, ca: anchors() }, () => socket.end(bytes))
      : createConnection({ host: '127.0.0.1', port }, () => socket.end(bytes));
    socket.setTimeout(10_000, () => socket.destroy(new Error(`port ${port} neither answered nor closed`)));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('close', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Closed while we still wrote: as clean as it gets.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
  });
}

describe('garbage', () => {
  const noise: [string, Buffer][] = [
    ['zeros', Buffer.alloc(2000, 0)],
    ['a long line', Buffer.alloc(70_000, 'A')],
    ['a request without a host', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a broken stream', Buffer.from('<stream:stream><a>&nope;</a>')],
    [
      'a request with two lengths',
      Buffer.from('POST /api/groups HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx'),
    ],
  ];
  let before: [string, number | null][];
  const processes = async (): Promise<[string, number | null][]> =>
    (await status()).parts.map(({ name, pid }) => [name, pid]);
  beforeAll(async () => {
    before = await processes();
  });

  const http: [string, number, boolean][] = [
    ['https', httpsPort, false],
    ['https, in TLS', httpsPort, true],
    ['web-manager', basePort + 101, false],
    ['web-worker', basePort + 102, false],
    ['key-manager', basePort + 103, false],
    ['bip', basePort + 104, false],
    ['push-broker’s health', basePort + 105, false],
    ['rmm-logs', basePort + 106, false],
    ['plugins', basePort + 107, false],
    ['audit-logs', basePort + 108, false],
    ['turn’s health', basePort + 109, false],
    ['downloads', basePort + 110, false],
    ['the push service, in TLS', basePort + 480, true],
  ];
  it.each(http.flatMap(([name, port, tls]) => noise.map(([what, bytes]) => ({ name, port, tls, what, bytes }))))(
    '($what) on $name is refused in JSON, or the connection is closed',
    async ({ port, bytes, tls }) => {
      const answer = await send(port, bytes, tls);
      if (answer === '' || /^\x15\x03/.test(answer)) return; // closed; by a TLS alert where TLS was expected
      expect(answer).toMatch(/^HTTP\/1\.[01] 4\d\d /);
      const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
      // Node.js itself says no more than 400 to a request without a host; none such passes the edge.
      if (body !== '' && body !== '0\r\n\r\n') expect(JSON.parse(body)).toMatchObject({ message: expect.any(String) });
    },
  );

  it.each(noise)('(%s) on http gets a refusal that names no version, or none', async (_, bytes) => {
    const answer = await send(basePort + 80, bytes, false);
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.[01] 4\d\d /);
    expect(answer).not.toMatch(/nginx\/\d/);
  });

  const others: [string, number, boolean][] = [
    ['the broker', xmppPort, false],
    ['the broker, in TLS', xmppPort, true],
    ['postgres', basePort + 32, false],
    ['the hub', basePort + 42, false],
    ['the hub’s leaf port', basePort + 43, false],
    ['the leaf', basePort + 45, false],
  ];
  it.each(others)('on %s ends the connection', async (_, port, tls) => {
    for (const [, bytes] of noise) await send(port, bytes, tls);
  });

  it('left every process alive and ready', async () => {
    expect((await status()).ready).toBe(true);
    expect(await processes()).toEqual(before);
  });
  it.each([
    ['not JSON', '{"name":'],
    ['a wrong type', '{"name": 5}'],
    ['an unknown field', '{"name":"x","nmae":"y"}'],
    ['control characters', '{"name":"x\\u0000"}'],
    ['too much', JSON.stringify({ name: 'x'.repeat(3_000_000) })],
  ])('in a body (%s) gets a code and a sentence', async (_, body) => {
    const headers = { cookie: admin.cookie, 'x-muster-csrf': admin.session?.csrfToken ?? '' };
    const reply = await raw({ method: 'POST', path: '/api/groups', body, headers });
    expect([400, 413]).toContain(reply.status);
    expect(JSON.parse(reply.text)).toMatchObject({
      code: expect.any(String),
      message: expect.any(String),
      correlationId: expect.any(String),
    });
  });
});
