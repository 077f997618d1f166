import { turnCredentials } from '@muster/contracts';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { anchors, BASE_DOMAIN, basePort, data, secrets } from './harness/stack';

const XMPP_DOMAIN = `xmpp.${BASE_DOMAIN}`;
const deviceId = (): string =>
  (JSON.parse(readFileSync(join(data, 'agent-state/status.json'), 'utf8')) as { deviceId: string }).deviceId;

/** Asks the push service of this stack. */
function push(path: string, body: object, key: string): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port: basePort + 480,
      servername: XMPP_DOMAIN,
      ca: anchors(),
      path,
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    });
    asked.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) }));
    });
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
  });
}

it('a push reaches the device of this machine, and tells of each target how it went', async () => {
  const device = deviceId();
  const { status, body } = await push(
    '/push',
    { to: [device, 'nobody'], message: { body: 'Tonight at ten.' } },
    secrets().pushKey,
  );
  expect(status).toBe(200);
  expect(body).toMatchObject({
    results: [
      { to: device, outcome: 'delivered' },
      { to: 'nobody', outcome: 'unknown' },
    ],
  });
});

it('who used ejabberd’s calls can go on doing so', async () => {
  const to = `${deviceId()}@${XMPP_DOMAIN}`;
  const message = { type: 'headline', from: `local@${XMPP_DOMAIN}`, to, subject: 'Maintenance', body: 'Tonight.' };
  expect(await push('/api/send_message', message, secrets().pushKey)).toEqual({ status: 200, body: 0 });
});

it('a wrong key pushes nothing', async () => {
  const { status, body } = await push('/push', { to: [deviceId()], message: { body: 'x' } }, 'wrong');
  expect([status, body]).toEqual([401, expect.objectContaining({ code: expect.any(String) })]);
});

it('the port for STARTTLS offers nothing before TLS', async () => {
  const header = `<stream:stream to='${XMPP_DOMAIN}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(basePort + 452, '127.0.0.1', () => socket.write(header));
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (!text.includes('features>')) return;
      socket.destroy();
      resolve(text);
    });
    socket.on('error', reject);
  });
  expect(answer).toContain('urn:ietf:params:xml:ns:xmpp-tls');
  expect(answer).toContain('<required/>');
  expect(answer).not.toContain('mechanism');
});

it('TURN relays for whoever has the credentials of this stack, and for nobody else', async () => {
  const relay = (password: string, username: string): Promise<string> =>
    promisify(execFile)('turnutils_uclient', [
      ...['-y', '-e', '127.0.0.1', '-n', '5', '-m', '1', '-u', username, '-w', password],
      ...['-p', String(basePort + 478), '127.0.0.1'],
    ]).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => `refused: ${error.stdout}`,
    );
  const { username, password } = turnCredentials(secrets().turn, 'e2e', 600);
  expect(await relay(password, username)).toContain('lost packets 0 (0.000000%)');
  expect(await relay('wrong', username)).not.toContain('lost packets 0 (0.000000%)');
});
