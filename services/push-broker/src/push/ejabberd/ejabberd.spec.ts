import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestAuthority } from '@muster/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PeerServer, startEjabberd } from '../../testing/peers';
import { serverFiles, TEST_DOMAIN } from '../../testing/test-broker';
import { type Answered, HELPDESK, PushUnderTest, sha256 } from '../testing/push-under-test';

const LAB = { name: 'lab', sha256: sha256('lab-key'), targets: ['d2'], from: ['helpdesk'] };
const [FROM, TO] = [`helpdesk@${TEST_DOMAIN}`, `d1@${TEST_DOMAIN}`];
const MESSAGE = { type: 'headline', from: FROM, to: TO, subject: 'Subject', body: 'Body' };
const STANZA = { from: FROM, to: TO, stanza: "<message id='1'><body>x</body></message>" };
const { subject: _subject, ...WITHOUT_SUBJECT } = MESSAGE;
const { stanza: _stanza, ...WITHOUT_STANZA } = STANZA;

const bad = (attribute: string): string =>
  `Bad value of attribute '${attribute}' in tag <message/> qualified by namespace 'jabber:client'`;

/** [what, path, body, status, answer]: as ejabberd 23.01 gives them, which the last test of this file compares with its package. */
const CASES: Array<[string, string, unknown, number, unknown]> = [
  ['a message', 'send_message', MESSAGE, 200, 0],
  ['an unknown kind of message', 'send_message', { ...MESSAGE, type: 'zzz' }, 200, 0],
  ['nobody there', 'send_message', { ...MESSAGE, to: `nobody@${TEST_DOMAIN}` }, 200, 0],
  ['another domain', 'send_message', { ...MESSAGE, to: 'x@elsewhere.test' }, 200, 0],
  ['a missing argument', 'send_message', WITHOUT_SUBJECT, 400, 'Request have missing argument: subject'],
  ['an unknown argument', 'send_message', { ...MESSAGE, x: 1 }, 400, 'Request have unknown arguments: [x]'],
  ['a number', 'send_message', { ...MESSAGE, subject: 5 }, 400, 'Arg 5 is not in format binary'],
  ['a list', 'send_message', [1], 400, 'Request have missing argument: type'],
  ['no JSON', 'send_message', '{nope', 400, '400 Bad Request'],
  ['no sender', 'send_message', { ...MESSAGE, from: '@@' }, 400, bad('from')],
  ['no addressee', 'send_message', { ...MESSAGE, to: '@@' }, 400, bad('to')],
  ['no call', 'nope', {}, 404, { status: 'error', code: 40, message: 'Endpoint not found.' }],
  ['a stanza', 'send_stanza', STANZA, 200, 0],
  ['a missing stanza', 'send_stanza', WITHOUT_STANZA, 400, 'Request have missing argument: stanza'],
  ['no JID from', 'send_stanza', { ...STANZA, from: '@@' }, 400, 'JID malformed'],
  ['no JID to', 'send_stanza', { ...STANZA, to: '@@' }, 400, 'JID malformed'],
];
/** Refused by both, each in the words of its own parser; ejabberd calls the last two `internal_error` (500). */
const REFUSED = ['<message>', '<message/><message/>', 'hello', '<foo/>', "<message xmlns='urn:x'/>"];

let authority: TestAuthority;
let push: PushUnderTest;
beforeAll(async () => {
  authority = await TestAuthority.create();
});
beforeEach(async () => {
  push = await PushUnderTest.start(authority, { keys: [HELPDESK, LAB] });
});
afterEach(() => push.stop());

describe('the calls of ejabberd', () => {
  it.each(CASES)('%s: /api/%s', async (_, call, body, status, answer) => {
    expect(await push.post(`/api/${call}`, body)).toMatchObject({ status, body: answer });
  });

  it.each(REFUSED)('refuse %s', async (stanza) => {
    const answer = await push.post('/api/send_stanza', { ...STANZA, stanza });
    expect(answer).toMatchObject({ status: 400, body: expect.any(String) });
  });

  it('send what they were given, and say in a header what became of it', async () => {
    const device = await push.device('d1');
    const message = await push.post('/api/send_message', MESSAGE);
    const stanza = await push.post('/api/send_stanza', {
      ...STANZA,
      stanza: `<message from='x@elsewhere.test' to='d2@${TEST_DOMAIN}' id='1' type='chat'><body>b</body></message>`,
    });
    const absent = await push.post('/api/send_stanza', { ...STANZA, to: `nobody@${TEST_DOMAIN}` });
    const outcomes = [message, stanza, absent].map(({ headers }) => headers['muster-outcome']);
    expect(outcomes).toEqual(['delivered', 'delivered', 'unknown']);
    expect(device.output).toMatch(
      new RegExp(
        `<message type="headline" id="[^"]+" from="${FROM}" to="${TO}"><subject>Subject</subject><body>Body</body></message>` +
          `.*<message from="${FROM}" id="1" type="chat" to="${TO}"><body>b</body></message>`,
        's',
      ),
    );
  });

  it('say who may not in ejabberd’s words', async () => {
    const right = {
      status: 'error',
      code: 32,
      message: 'AccessRules: Account does not have the right to perform the operation.',
    };
    const ask = (authorization: string, body: unknown = MESSAGE): Promise<Answered> =>
      push.post('/api/send_message', body, { authorization });
    expect(await ask('')).toMatchObject({ status: 403, body: right });
    const wrong = `Basic ${Buffer.from(`${FROM}:wrong`).toString('base64')}`;
    expect(await ask(wrong)).toMatchObject({
      status: 401,
      body: { status: 'error', code: 10, message: 'You are not authorized to call this command.' },
    });
    expect(await ask('Bearer wrong')).toMatchObject({
      status: 401,
      body: { status: 'error', code: 10, message: 'Oauth Token is invalid or expired.' },
    });
    expect(await ask('Bearer lab-key')).toMatchObject({ status: 403, body: right });
    const other = { ...MESSAGE, from: `someone@${TEST_DOMAIN}` };
    expect(await push.post('/api/send_message', other)).toMatchObject({ status: 403, body: right });
  });
});

const installed = ((): boolean => {
  try {
    execFileSync('which', ['ejabberdctl', 'erl'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!installed)('ejabberd itself', () => {
  let folder: string;
  let ejabberd: PeerServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-ejabberd-'));
    const { certificate } = await serverFiles(authority);
    const users = ['helpdesk', 'd1'].map((name) => ({ name, password: 'secret' }));
    ejabberd = await startEjabberd({ folder, domain: TEST_DOMAIN, users, certificate, purpose: 'bench' });
  }, 60_000);
  afterAll(async () => {
    await ejabberd.stop();
    rmSync(folder, { recursive: true });
  });

  it('answers the same', async () => {
    for (const [what, call, body, status, answer] of CASES)
      expect(await asked(ejabberd, call, body), what).toEqual({ status, body: answer });
    for (const stanza of REFUSED)
      expect((await asked(ejabberd, 'send_stanza', { ...STANZA, stanza })).status, stanza).toBeGreaterThanOrEqual(400);
  });
});

function asked({ httpPort }: PeerServer, call: string, body: unknown): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const where = { host: '127.0.0.1', port: httpPort, servername: TEST_DOMAIN, path: `/api/${call}`, method: 'POST' };
    const outgoing = request({ ...where, ca: authority.rootPem, agent: false }, (incoming) => {
      let text = '';
      incoming.on('data', (bytes: Buffer) => (text += bytes.toString()));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) as unknown }));
    });
    outgoing.on('error', reject);
    outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}
