import { TestAuthority } from '@muster/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TEST_DOMAIN } from '../testing/test-broker';
import { PushUnderTest } from './testing/push-under-test';

const HELLO = { message: { body: 'Hello' } };

let authority: TestAuthority;
let push: PushUnderTest;
beforeAll(async () => {
  authority = await TestAuthority.create();
});
beforeEach(async () => {
  push = await PushUnderTest.start(authority, { groups: { lab: ['d1', `d2@${TEST_DOMAIN}`], empty: [] } });
});
afterEach(async () => {
  await push.stop();
  expect(push.failed).toEqual([]);
  expect(push.xmpp.faults).toEqual([]);
});

describe('what became of it', () => {
  it('is told for each target, once, in their order', async () => {
    push.xmpp.server.router.absentees = { keep: ({ to }) => (to.local === 'full' ? 'refused' : 'stored') };
    const device = await push.device('d1');
    const to = ['away', 'd1', 'full', `D1@${TEST_DOMAIN}`, 'd1@elsewhere.test', 'a b', `d1@${TEST_DOMAIN}/gone`];
    const { status, body } = await push.post('/push', { to, ...HELLO });
    expect(status).toBe(200);
    expect(body).toEqual({
      id: expect.any(String),
      delivered: 1,
      stored: 1,
      unknown: 1,
      refused: 3,
      results: [
        { to: 'away', outcome: 'stored' },
        { to: 'd1', outcome: 'delivered' },
        { to: 'full', outcome: 'refused' },
        { to: 'd1@elsewhere.test', outcome: 'refused', reason: 'other-domain' },
        { to: 'a b', outcome: 'refused', reason: 'not-an-address' },
        { to: `d1@${TEST_DOMAIN}/gone`, outcome: 'unknown' },
      ],
    });
    expect(device.output.match(/<message /g)).toHaveLength(1);
    expect([...push.counted].sort()).toEqual(['delivered', 'refused', 'refused', 'refused', 'stored', 'unknown']);
  });

  it('counts the members of groups as targets', async () => {
    const devices = [await push.device('d1'), await push.device('d2')];
    const { body } = await push.post('/push', { to: ['d2'], groups: ['lab', 'nowhere'], ...HELLO });
    expect(body).toMatchObject({
      results: [
        { to: 'd2', outcome: 'delivered' },
        { to: `d1@${TEST_DOMAIN}`, outcome: 'delivered' },
        { to: 'group:nowhere', outcome: 'unknown', reason: 'unknown-group' },
      ],
    });
    for (const { output } of devices) expect(output.match(/<body>Hello<\/body>/g)).toHaveLength(1);
  });

  it('uses changed groups', async () => {
    const device = await push.device('d3');
    push.writeGroups({ lab: ['d3'] });
    expect(push.service.reload()).toEqual(['groups']);
    expect((await push.post('/push', { groups: ['lab'], ...HELLO })).body).toMatchObject({ delivered: 1 });
    expect(device.output).toContain('<body>Hello</body>');
    push.writeGroups({ lab: ['d4@elsewhere.test'] });
    expect(() => push.service.reload()).toThrow('d4@elsewhere.test');
    expect((await push.post('/push', { groups: ['lab'], ...HELLO })).body).toMatchObject({ delivered: 1 });
  });

  it('is told for each message of a batch, and those for one device keep their order', async () => {
    const device = await push.device('d1');
    const pushes = Array.from({ length: 200 }, (_, n) => ({ to: ['d1', 'd2'], message: { body: `no ${n}.` } }));
    const { body } = await push.post('/push/batch', { pushes });
    const { answers } = body as { answers: Array<{ delivered: number; unknown: number }> };
    expect(answers.map(({ delivered, unknown }) => [delivered, unknown])).toEqual(pushes.map(() => [1, 1]));
    const arrived = [...device.output.matchAll(/<body>no (\d+)\.<\/body>/g)].map(([, n]) => Number(n));
    expect(arrived).toEqual(pushes.map((_, n) => n));
  });
});

describe('what is sent', () => {
  it('has all parts of the message', async () => {
    const device = await push.device('d1');
    const message = { type: 'chat', subject: 'a < b', body: 'Üben & "mehr"', payload: { run: ['x', 1, null] } };
    await push.post('/push', { to: ['d1'], id: 'id-1', store: false, message });
    expect(device.output).toContain(
      `<message type="chat" id="id-1" from="helpdesk@${TEST_DOMAIN}" to="d1@${TEST_DOMAIN}">` +
        '<subject>a &lt; b</subject><body>Üben &amp; &quot;mehr&quot;</body>' +
        '<json xmlns="urn:xmpp:json:0">{&quot;run&quot;:[&quot;x&quot;,1,null]}</json>' +
        '<no-store xmlns="urn:xmpp:hints"/></message>',
    );
  });

  it('is the stanza that the caller made', async () => {
    const device = await push.device('d1');
    const full = `d1@${TEST_DOMAIN}/agent`;
    const stanza = `<iq xmlns="jabber:client" type="get" id="q" to="${full}" from="helpdesk"><x:q xmlns:x="urn:x" x:a="1"/></iq>`;
    const { body } = await push.post('/push', { stanza });
    expect(body).toMatchObject({ id: 'q', delivered: 1, results: [{ to: full }] });
    expect(device.output).toContain(
      `<iq type="get" id="q" from="helpdesk@${TEST_DOMAIN}" to="${full}"><q xmlns="urn:x" xmlns:ns0="urn:x" ns0:a="1"/></iq>`,
    );
  });

  it('says in the server’s name when a message was kept only where it may speak in that name', async () => {
    const device = await push.device('d1');
    const forged = `<delay xmlns="urn:xmpp:delay" from="${TEST_DOMAIN}" stamp="2020-01-01T00:00:00Z"/>`;
    await push.post('/push', { to: ['d1'], stanza: `<message id="m"><body>late</body>${forged}</message>` });
    expect(device.output).toContain('<body>late</body></message>');
  });
});

describe('a request with a fault', () => {
  const faults: Array<[string, unknown, string]> = [
    ['names nobody', HELLO, 'to'],
    ['has a field that is not known', { to: ['d1'], ...HELLO, urgent: true }, 'urgent'],
    ['has nothing to say', { to: ['d1'], message: { type: 'chat' } }, 'message'],
    ['has neither message nor stanza', { to: ['d1'] }, 'message'],
    ['has message and stanza', { to: ['d1'], ...HELLO, stanza: '<message/>' }, 'message'],
    ['has a group without members', { groups: ['empty'], ...HELLO }, 'groups'],
    ['has a number for a body', { to: ['d1'], message: { body: 1 } }, 'message.body'],
    ['names two addressees', { to: ['d1'], stanza: "<message to='d2'/>" }, 'to'],
    ['names two senders', { to: ['d1'], from: 'helpdesk', stanza: "<message from='helpdesk'/>" }, 'from'],
    ['has a sender that is none', { to: ['d1'], from: '@', ...HELLO }, 'from'],
  ];
  it.each(faults)('%s', async (_, body, field) => {
    const device = await push.device('d1');
    const before = device.output;
    const answer = await push.post('/push', body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input', faults: [{ field }] } });
    expect(device.output).toBe(before);
  });

  const stanzas: Array<[string, string]> = [
    ['two stanzas', '<message/><message/>'],
    ['text around it', 'x<message/>'],
    ['text behind it', '<message/>x'],
    ['half of one', '<message><body>'],
    ['a wrong end', '<message></presence>'],
    ['another namespace', "<message xmlns='urn:x'/>"],
    ['no stanza', '<foo/>'],
    ['a stream', '<stream:error/>'],
    ['the end of the stream', '</stream:stream>'],
    ['the end of the stream and another', "<message/></stream:stream><stream:stream xmlns='jabber:client'>"],
    ['a prolog', "<?xml version='1.0'?><message/>"],
    ['a document type', '<!DOCTYPE m><message/>'],
    ['an entity', '<message><body>&nope;</body></message>'],
    ['a comment', '<message><!-- x --></message>'],
    ['an instruction', '<message><?php x?></message>'],
    ['an undeclared prefix', '<message><x:y/></message>'],
    ['a hundred levels', `${'<message>'.repeat(100)}${'</message>'.repeat(100)}`],
    ['more bytes than a stanza may have', `<message><body>${'x'.repeat(300_000)}</body></message>`],
  ];
  it.each(stanzas)('has %s', async (_, stanza) => {
    const device = await push.device('d1');
    const before = device.output;
    const answer = await push.post('/push', { to: ['d1'], stanza });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input', faults: [{ field: 'stanza' }] } });
    expect(device.output).toBe(before);
  });

  it('in one message of a batch keeps all of it back', async () => {
    const device = await push.device('d1');
    const answer = await push.post('/push/batch', {
      pushes: [
        { to: ['d1'], ...HELLO },
        { to: ['d1'], stanza: '<message>' },
      ],
    });
    expect(answer).toMatchObject({ status: 400, body: { faults: [{ field: 'pushes[1].stanza' }] } });
    expect(device.output).not.toContain('Hello');
  });

  it('is not JSON, or came to the wrong address', async () => {
    expect(await push.post('/push', '{')).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
    expect(await push.post('/pushes', {})).toMatchObject({ status: 404, body: { code: 'not-found' } });
    const got = await push.post('/push', '', { method: 'GET' });
    expect(got).toMatchObject({ status: 405, body: { code: 'method-not-allowed' } });
  });
});

it('the errors say which request they belong to', async () => {
  const correlationId = 'ticket-4711-a';
  const answer = await push.post('/push', {}, { headers: { 'x-request-id': correlationId } });
  expect(answer.body).toMatchObject({ correlationId });
  expect(answer.headers['x-request-id']).toBe(correlationId);
});

it('the OpenAPI document is served, and is the committed one', async () => {
  const { status, body } = await push.post('/openapi.json', '', { method: 'GET', authorization: '' });
  expect(status).toBe(200);
  await expect(`${JSON.stringify(body, null, 2)}\n`).toMatchFileSnapshot('../../../../docs/openapi/push-broker.json');
});
