import { createHash } from 'node:crypto';
import { type AuditForwarding, type AuditForwardingState, DEFAULT_ORGANISATION_ID as OURS } from '@muster/contracts';
import { newId } from '@muster/database';
import { type CertifiedFiles, eventually, freePort, TestAuthority } from '@muster/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, AuditUnderTest, type Instance, type Reply } from '../testing/audit-under-test';
import { someDrafts } from '../testing/drafts';
import { SyslogReceiver } from '../testing/syslog-receiver';

const SETTINGS = {
  ...{ FORWARD_SECONDS: '1', FORWARD_BATCH: '20', FORWARD_TIMEOUT_SECONDS: '2', FORWARD_PAUSE_SECONDS: '1' },
  FORWARD_LOOPBACK: 'true',
  FORWARD_PRIVATE_NETWORKS: 'true',
};

let suite: AuditUnderTest;
let instance: Instance;
let certificate: CertifiedFiles;
let receiver: SyslogReceiver;
beforeAll(async () => {
  suite = await AuditUnderTest.start();
  certificate = await suite.authority.server(['localhost', '127.0.0.1']);
  instance = await suite.startAudit(SETTINGS);
});
beforeEach(async () => void (receiver = await SyslogReceiver.start(certificate)));
afterEach(async () => {
  await set({ enabled: false });
  await receiver.close();
});
afterAll(() => suite?.stop());

const set = (changed: Partial<AuditForwarding> = {}, as = 'owner'): Promise<Reply<AuditForwardingState>> => {
  const setting = { enabled: true, host: '127.0.0.1', port: receiver.port, anchors: suite.authority.rootPem };
  return ask(suite.app, 'PUT', '/audit/forwarding', { as, body: { ...setting, ...changed } });
};
const state = async (): Promise<AuditForwardingState> =>
  (await ask<AuditForwardingState>(suite.app, 'GET', '/audit/forwarding', { as: 'owner' })).body;
const append = (count: number) => suite.append(OURS, someDrafts(count));
const end = async (): Promise<number> =>
  Number(
    (await suite.rows<{ n: string }>('SELECT last_number AS n FROM audit.chains WHERE organisation_id = $1', [OURS]))[0]
      ?.n ?? 0,
  );
const upToDate = () =>
  eventually(async () => (await state()).forwardedTo >= (await end()) && (await state()).waiting === 0, {
    within: 20_000,
  });
const problem = (expected: RegExp) =>
  eventually(async () => expected.test((await state()).problem ?? '') && (await state()), { within: 15_000 });
/** Every number from one to the newest, each at least once, none before the one in front of it. */
async function expectComplete(from: number): Promise<void> {
  expect(receiver.faults).toEqual([]);
  const first = [...new Set(receiver.numbers)];
  const to = await end();
  expect(first).toEqual(Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

describe('entries', () => {
  it('arrive in order from the next one on, as strict RFC 5424 in frames of RFC 5425, verifiable on their own', async () => {
    await append(5);
    const before = await end();
    expect((await set()).body).toMatchObject({ enabled: true, forwardedTo: before, waiting: 0 });
    await append(45);
    await suite.append(OURS, [
      {
        ...{ at: new Date().toISOString(), action: 'group.deleted', outcome: 'failed', details: [] },
        actor: { kind: 'person', name: 'Ünal "]\\[ \n <script>\u0001' },
        target: { kind: 'group', name: '💥'.repeat(60) },
      },
    ]);
    await upToDate();
    await expectComplete(before + 1);
    const entries = await suite.entries(OURS);
    for (const { text, data, messageId, hostName, priority, timestamp } of receiver.messages) {
      const { number, action, outcome, at } = JSON.parse(text) as (typeof entries)[number];
      const [own, previous] = [number, number - 1].map((one) => entries.find((entry) => entry.number === one));
      expect(createHash('sha256').update(`${previous?.hash}${text}`).digest('hex')).toBe(own?.hash);
      expect(data['muster@32473']).toMatchObject({
        number: String(number),
        hash: own?.hash,
        organisation: OURS,
        action,
      });
      expect({ messageId, hostName, timestamp }).toEqual({
        ...{ messageId: action.slice(0, 32), hostName: 'itsm.muster.localhost', timestamp: at },
      });
      expect(priority).toBe(13 * 8 + { done: 6, refused: 4, failed: 3 }[outcome]);
    }
    expect(receiver.messages.at(-2)?.data['muster@32473']?.['actorName'] ?? '').not.toBe('');
    const nasty = receiver.messages.find(({ messageId }) => messageId === 'group.deleted');
    expect(nasty?.data['muster@32473']?.['actorName']).toBe('Ünal "]\\[   <script> ');
  });

  it('leave a trace of the setting itself', async () => {
    await set();
    await upToDate();
    await eventually(async () => {
      const entries = await suite.entries(OURS);
      return entries.some(
        ({ action, target }) => action === 'audit-forwarding.changed' && target?.name?.includes(String(receiver.port)),
      );
    });
  });
});

describe('an outage', () => {
  it('of a receiver that is not there is told, and nothing is lost when it comes', async () => {
    await receiver.close();
    await set();
    const from = (await state()).forwardedTo + 1;
    await append(30);
    const told = await problem(/nobody listens/);
    expect(told.waiting).toBeGreaterThanOrEqual(30);
    await receiver.listen();
    await upToDate();
    expect((await state()).problem).toBeUndefined();
    await expectComplete(from);
  });

  it('in the middle of a batch sends the batch again', async () => {
    await set();
    const from = (await state()).forwardedTo + 1;
    receiver.diesAfter = 7;
    await append(60);
    await eventually(async () => (await state()).problem !== undefined, { within: 15_000 });
    expect((await state()).forwardedTo).toBeLessThan(from + 20);
    receiver.diesAfter = Number.POSITIVE_INFINITY;
    await upToDate();
    await expectComplete(from);
    expect(receiver.numbers.length).toBeGreaterThan(new Set(receiver.numbers).size);
  });

  it('of a receiver that does not close is told: nobody knows what it has read', async () => {
    receiver.neverCloses = true;
    await set();
    const from = (await state()).forwardedTo + 1;
    await append(3);
    await problem(/no answer in time/);
    expect((await state()).forwardedTo).toBe(from - 1);
    receiver.neverCloses = false;
    await upToDate();
    await expectComplete(from);
  });

  it('of the service itself goes on where it was', async () => {
    await set();
    const from = (await state()).forwardedTo + 1;
    await append(10);
    await upToDate();
    await suite.stopAudit(instance);
    instance = await suite.startAudit({ ...SETTINGS, FORWARD_SECONDS: '3600' });
    await append(25);
    const again = await suite.startAudit(SETTINGS);
    await upToDate();
    await expectComplete(from);
    await suite.stopAudit(instance);
    instance = again;
  });
});

describe('a database that fails for one organisation', () => {
  it('keeps no other from being forwarded, and loses nothing', async () => {
    const broken = newId();
    suite.keyManager.people.set(broken, { role: 'owner', organisationId: broken });
    await set();
    await set({}, broken);
    const from = (await state()).forwardedTo + 1;
    await suite.rows(`CREATE FUNCTION audit.fails() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.organisation_id = '${broken}' THEN RAISE 'broken'; END IF; RETURN NEW; END $$`);
    await suite.rows(
      'CREATE TRIGGER fails BEFORE UPDATE ON audit.forwarding FOR EACH ROW EXECUTE FUNCTION audit.fails()',
    );
    try {
      await suite.append(broken, someDrafts(3));
      await append(5);
      await upToDate();
      await expectComplete(from);
      await eventually(() => instance.lines.some((line) => line.includes('broken') && line.includes(broken)));
    } finally {
      await suite.rows('DROP TRIGGER fails ON audit.forwarding');
      await suite.rows('DROP FUNCTION audit.fails()');
    }
    await eventually(async () => {
      const { body } = await ask<AuditForwardingState>(suite.app, 'GET', '/audit/forwarding', { as: broken });
      return body.waiting === 0;
    });
    await set({ enabled: false }, broken);
  });
});

describe('two instances', () => {
  it('forward once: one works, by a lease', async () => {
    const other = await suite.startAudit(SETTINGS);
    await set();
    const from = (await state()).forwardedTo + 1;
    for (let round = 0; round < 10; round += 1) await append(15);
    await upToDate();
    await expectComplete(from);
    expect(receiver.numbers).toHaveLength(new Set(receiver.numbers).size);
    await suite.stopAudit(other);
  });
});

describe('a receiver that cannot prove who it is', () => {
  it.each([
    [
      'of another authority',
      async () => (await TestAuthority.create()).server(['127.0.0.1']),
      /not one that is trusted/,
    ],
    ['for another name', () => suite.authority.server(['logs.example.test']), /for another name/],
  ])('gets nothing: a certificate %s', async (_what, other, expected) => {
    await receiver.close();
    await receiver.listen(await other());
    await set();
    await append(3);
    await problem(expected);
    expect(receiver.messages).toEqual([]);
    const waiting = (await state()).forwardedTo;
    await receiver.close();
    await receiver.listen(certificate);
    await upToDate();
    expect(receiver.numbers[0]).toBe(waiting + 1);
  });

  it("gets nothing without anchors of its own, when the system's do not know it", async () => {
    await set({ anchors: undefined });
    await append(1);
    await problem(/not one that is trusted/);
    // Mending the anchors alone loses nothing of what waits.
    const { forwardedTo } = await state();
    expect((await set()).body.forwardedTo).toBe(forwardedTo);
    await upToDate();
    expect(receiver.numbers[0]).toBe(forwardedTo + 1);
  });
});

describe('the setting', () => {
  it.each([
    ['a host with a port', { host: 'logs.example.test:6514' }, 'host'],
    ['a URL', { host: 'https://logs.example.test/' }, 'host'],
    ['an empty host', { host: '' }, 'host'],
    ['a host with spaces', { host: 'a b' }, 'host'],
    ['no port', { port: 0 }, 'port'],
    ['anchors that are no PEM', { anchors: 'trust me' }, 'anchors'],
    ['a broken certificate', { anchors: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }, 'anchors'],
    ['a private key', { anchors: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' }, 'anchors'],
  ])('refuses %s', async (_what, changed, field) => {
    const { status, body } = (await set(changed)) as Reply<{ faults?: Array<{ field: string }> }>;
    expect({ status, field: body.faults?.[0]?.field }).toEqual({ status: 400, field });
  });

  it('is for who may change it', async () => {
    expect((await set({}, 'reader')).status).toBe(403);
    expect((await ask(suite.app, 'GET', '/audit/forwarding', { as: 'reader' })).status).toBe(403);
  });

  it('reaches no address that only this machine, or every cloud machine, has', async () => {
    const strict = await AuditUnderTest.start();
    try {
      await strict.startAudit({ ...SETTINGS, FORWARD_LOOPBACK: 'false', FORWARD_DENY: '203.0.113.0/24' });
      for (const host of ['127.0.0.1', '169.254.169.254', 'localhost', '203.0.113.7']) {
        const body = { enabled: true, host, port: await freePort() };
        expect((await ask(strict.app, 'PUT', '/audit/forwarding', { as: 'owner', body })).status).toBe(200);
        await strict.append(OURS, someDrafts(1));
        await eventually(async () => {
          const reply = await ask<AuditForwardingState>(strict.app, 'GET', '/audit/forwarding', { as: 'owner' });
          return reply.body.problem?.includes('is no address that entries are forwarded to');
        });
      }
    } finally {
      await strict.stop();
    }
  });

  it('reaches no private network but for the operator, whatever a name says when it is dialled', async () => {
    const strict = await AuditUnderTest.start();
    const tenant = newId();
    try {
      strict.keyManager.people.set(tenant, { role: 'owner', organisationId: tenant });
      const inside = await strict.startAudit({ ...SETTINGS, FORWARD_PRIVATE_NETWORKS: 'false' });
      const body = { enabled: true, host: '127.0.0.1', port: receiver.port, anchors: suite.authority.rootPem };
      const problemOf = async (as: string) =>
        (await ask<AuditForwardingState>(inside.app, 'GET', '/audit/forwarding', { as })).body.problem;
      // `localhost` stands for any name that leads into a private network when it is looked up for the connection.
      for (const host of ['127.0.0.1', 'localhost', '10.1.2.3', '::ffff:10.1.2.3', '64:ff9b::a01:203']) {
        const reply = await ask(inside.app, 'PUT', '/audit/forwarding', { as: tenant, body: { ...body, host } });
        expect(reply.status).toBe(200);
        await strict.append(tenant, someDrafts(1));
        await eventually(async () =>
          (await problemOf(tenant))?.includes('is no address that entries are forwarded to'),
        );
      }
      expect(receiver.messages).toEqual([]);
      await ask(inside.app, 'PUT', '/audit/forwarding', { as: 'owner', body });
      await strict.append(OURS, someDrafts(2));
      await eventually(() => receiver.messages.length >= 2, { within: 15_000 });
    } finally {
      await strict.stop();
    }
  });
});
