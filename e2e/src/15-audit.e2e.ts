import { createHash, verify as verifySignature, X509Certificate } from 'node:crypto';
import {
  type AuditEntry,
  type AuditHead,
  type AuditHeadPayload,
  type AuditVerdict,
  createGroup,
  createUser,
  listAudit,
  listAuditHeads,
  listDevices,
  listDeviceSoftware,
  listSoftware,
  readAuditForwarding,
  renameDevice,
  type Route,
  setAuditForwarding,
  verifyAudit,
} from '@muster/contracts';
import type { SimulatedDevice } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Api } from './harness/api';
import { parseCsv } from './harness/csv';
import { enrolledDevice } from './harness/devices';
import { SentSection, software } from './harness/inventory';
import { asDatabaseAdministrator } from './harness/load';
import { asAdmin, asOwnerOf } from './harness/people';
import { anchors, until } from './harness/stack';
import { ownAddress, SyslogServer } from './harness/syslog-server';

/** More entries than the service waits for before it has the end of a chain signed. */
const SIGNED_AFTER = 1000;
const VERSION = '=cmd|\' /C calc\'!A0, "quoted"';

let admin: Api;
/** Owner of an organisation that only this file changes. */
let owner: Api;
let device: SimulatedDevice;
beforeAll(async () => {
  admin = await asAdmin();
  owner = await asOwnerOf('Audited');
  device = await enrolledDevice({}, owner);
});

const organisation = (): string => owner.session?.user.organisationId ?? '';
const newest = async (api: Api): Promise<AuditEntry> => {
  const [entry] = (await api.call(listAudit, { query: { size: 1 } })).entries;
  if (!entry) throw new Error('the audit log is empty');
  return entry;
};

/** The newest entry of an action on a target. */
async function entryOf(api: Api, action: string, target: string): Promise<AuditEntry> {
  let found: AuditEntry | undefined;
  await until(`${action} of ${target} is in the audit log`, async () => {
    const { entries } = await api.call(listAudit, { query: { action } });
    found = entries.find((entry) => entry.target?.id === target || entry.target?.name === target);
    return found !== undefined;
  });
  if (!found) throw new Error('unreachable');
  return found;
}

/** The whole chain, in as many calls as the service takes for it. */
async function verdict(heads?: AuditHead[]): Promise<Pick<AuditVerdict, 'intact' | 'checkedTo'> & { found: string[] }> {
  const found: string[] = [];
  for (let from: number | undefined; ;) {
    const part: AuditVerdict = await owner.call(verifyAudit, { body: { ...(from ? { from } : {}), heads } });
    found.push(...part.faults.map(({ fault, number }) => `${fault} ${number}`));
    from = part.next;
    if (from === undefined) return { intact: part.intact && found.length === 0, checkedTo: part.checkedTo, found };
  }
}

describe('what somebody does', () => {
  it('is in the audit log with who did it, from where, and to whom', async () => {
    const person = { kind: 'person', id: admin.session?.user.id, name: admin.session?.user.email };
    const renamed = await enrolledDevice();
    await admin.call(renameDevice, { params: { id: renamed.id }, body: { name: 'the one by the door' } });
    const email = `audited-${Math.random().toString(36).slice(2, 10)}@example.org`;
    const user = await admin.call(createUser, { body: { email, name: 'Audited', role: 'read-only' } });
    await expect(Api.signIn(email, 'not the password')).rejects.toMatchObject({ status: 401 });

    expect(await entryOf(admin, 'device.renamed', renamed.id)).toMatchObject({
      actor: { ...person, address: '127.0.0.1' },
      outcome: 'done',
      target: { kind: 'device', id: renamed.id, name: 'the one by the door' },
      details: [{ name: 'name', value: `${renamed.facts.hostName} → the one by the door` }],
    });
    expect(await entryOf(admin, 'user.created', user.id)).toMatchObject({
      actor: { ...person, address: '127.0.0.1' },
      outcome: 'done',
      target: { kind: 'user', id: user.id, name: email },
    });
    expect(await entryOf(admin, 'session.refused', email)).toMatchObject({
      actor: { kind: 'person', name: email, address: '127.0.0.1' },
      outcome: 'refused',
      target: { kind: 'user', name: email },
    });
    const said = JSON.stringify((await admin.call(listAudit, { query: { size: 500 } })).entries);
    expect(said).not.toContain('not the password');
  });

  it('that a device reports is written under its name, whatever it says it is', async () => {
    await device.reportTo('audit', [
      { kind: 'audit', action: 'agent.started', details: [{ name: 'actor', value: 'somebody else' }] },
    ]);
    await until('it is there', async () => {
      const { entries } = await owner.call(listAudit, { query: { action: 'agent.started' } });
      return entries.some(({ actor }) => actor.kind === 'device' && actor.id === device.id);
    });
  });
});

describe('the chain of an organisation', () => {
  let heads: AuditHead[];
  let last: number;

  beforeAll(async () => {
    const before = (await newest(owner)).number;
    for (let batch = 0; batch < 3; batch++) {
      const reports = Array.from({ length: 400 }, (_, number) => ({
        kind: 'audit',
        action: 'agent.updated',
        details: [{ name: 'number', value: String(batch * 400 + number) }],
      }));
      expect((await device.reportTo('audit', reports)).taken).toBe(400);
    }
    await until('all of it is written', async () => (await newest(owner)).number >= before + 1200);
    await until('its end is signed', async () => {
      ({ heads } = await owner.call(listAuditHeads));
      return heads.some((head) => payloadOf(head).number >= SIGNED_AFTER);
    });
    last = (await newest(owner)).number;
    await asDatabaseAdministrator((client) =>
      client.query(`
        DROP SCHEMA IF EXISTS audit_before CASCADE; CREATE SCHEMA audit_before;
        ${KEPT.map((table) => `CREATE TABLE audit_before.${table} AS ${ownRows(table)};`).join('\n')}`),
    );
  });
  afterAll(() => asDatabaseAdministrator((client) => client.query('DROP SCHEMA IF EXISTS audit_before CASCADE')));

  const KEPT = ['entries', 'heads', 'chains'];
  const ownRows = (table: string): string => `SELECT * FROM audit.${table} WHERE organisation_id = '${organisation()}'`;
  const payloadOf = ({ payload }: AuditHead): AuditHeadPayload => JSON.parse(payload) as AuditHeadPayload;

  /** Puts everything back as it was, while nothing is appended: each verification is an entry, too. */
  beforeEach(() =>
    asDatabaseAdministrator((client) =>
      client.query(
        ['LOCK TABLE audit.chains, audit.entries, audit.heads IN EXCLUSIVE MODE;']
          .concat(
            KEPT.map(
              (table) => `DELETE FROM audit.${table} WHERE organisation_id = '${organisation()}';
                      INSERT INTO audit.${table} SELECT * FROM audit_before.${table};`,
            ),
          )
          .join('\n'),
      ),
    ),
  );

  /** Runs statements on the organisation's entries, as somebody with every right in the database may. */
  const tamper = (...statements: string[]): Promise<unknown> =>
    asDatabaseAdministrator(async (client) => {
      for (const statement of statements) {
        const { rowCount } = await client.query(statement.replaceAll('OWN', `organisation_id = '${organisation()}'`));
        expect(rowCount, statement).toBeGreaterThan(0);
      }
    });

  it('is intact, and its end is signed by a key under the suite’s root', async () => {
    expect(await verdict(heads)).toEqual({ intact: true, checkedTo: last, found: [] });
    const [head] = heads;
    if (!head) throw new Error('nothing is signed');
    const [signer, issuer] = head.delegation.map((pem) => new X509Certificate(pem));
    expect(
      verifySignature('sha256', Buffer.from(head.payload), signer!.publicKey, Buffer.from(head.signature, 'base64')),
    ).toBe(true);
    const roots = (anchors().match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ?? []).map(
      (pem) => new X509Certificate(pem),
    );
    if (issuer) expect(signer?.verify(issuer.publicKey)).toBe(true);
    expect(roots.some((root) => (issuer ?? signer)?.verify(root.publicKey))).toBe(true);
    expect(payloadOf(head)).toMatchObject({ purpose: 'audit-head', organisationId: organisation() });
  });

  it('names an entry that was altered', async () => {
    await tamper(`UPDATE audit.entries SET actor_name = 'nobody' WHERE OWN AND number = 700`);
    expect(await verdict()).toMatchObject({ intact: false, found: ['altered 700'] });
  });

  it('names an entry that was removed', async () => {
    await tamper(`DELETE FROM audit.entries WHERE OWN AND number = 701`);
    expect(await verdict()).toMatchObject({ intact: false, found: ['removed 701'] });
  });

  it('names entries that were put in another order', async () => {
    await tamper(
      `UPDATE audit.entries SET number = -1 WHERE OWN AND number = 702`,
      `UPDATE audit.entries SET number = 702 WHERE OWN AND number = 710`,
      `UPDATE audit.entries SET number = 710 WHERE OWN AND number = -1`,
    );
    const { intact, found } = await verdict();
    expect(intact).toBe(false);
    expect(found).toEqual(expect.arrayContaining(['reordered 702', 'reordered 710']));
  });

  it('tells by heads that were exported that its end was taken away, with every trace of it', async () => {
    await tamper(
      `DELETE FROM audit.entries WHERE OWN AND number > 400`,
      `DELETE FROM audit.heads WHERE OWN AND number > 400`,
      `UPDATE audit.chains SET last_number = 400, signed_number = 400,
              last_hash = (SELECT hash FROM audit.entries WHERE OWN AND number = 400) WHERE OWN`,
    );
    expect(await verdict(), 'nothing of it is left on the server').toEqual({ intact: true, checkedTo: 400, found: [] });
    const { intact, found } = await verdict(heads);
    expect(intact).toBe(false);
    expect(found.join()).toMatch(/^truncated \d+$/);
  });

  it('believes no head that somebody else signed', async () => {
    const [head] = heads;
    if (!head) throw new Error('nothing is signed');
    const forged = { ...head, payload: head.payload.replace(/"hash":"[^"]+"/, `"hash":"${'ab'.repeat(32)}"`) };
    expect(await verdict([forged])).toMatchObject({ intact: false, found: [`head-forged ${payloadOf(head).number}`] });
  });

  it('goes on as it was afterwards', async () => {
    await owner.call(createGroup, { body: { name: 'after all of that' } });
    await until('it is written', async () => {
      const { entries } = await owner.call(listAudit, { query: { action: 'group.created' } });
      return entries.some(({ number }) => number > last);
    });
    const { checkedTo, ...rest } = await verdict(heads);
    expect(rest).toEqual({ intact: true, found: [] });
    expect(checkedTo).toBeGreaterThan(last);
  });
});

describe('an export', () => {
  /** All rows as CSV and as JSON; the same ones. */
  async function exported<T>(
    api: Api,
    route: Route,
    params: Record<string, string> = {},
  ): Promise<{ csv: Record<string, string>[]; json: T[] }> {
    const [csv, json] = await Promise.all(
      ['csv', 'json'].map((format) => api.raw(route, { params, query: { format } })),
    );
    expect([csv?.status, json?.status]).toEqual([200, 200]);
    expect(csv?.headers['content-disposition']).toMatch(/^attachment; filename="[\w-]+\.csv"$/);
    expect(csv?.headers['content-type']).toContain('text/csv');
    const both = { csv: parseCsv(csv?.text ?? ''), json: JSON.parse(json?.text ?? '') as T[] };
    expect(both.csv).toHaveLength(both.json.length);
    return both;
  }

  it('of the audit log has every entry', async () => {
    const before = (await newest(owner)).number;
    const csv = parseCsv((await owner.raw(listAudit, { query: { format: 'csv' } })).text);
    const json = JSON.parse((await owner.raw(listAudit, { query: { format: 'json' } })).text) as AuditEntry[];
    // Each export is an entry itself, so that the second may have more; and lists are by time, which is not
    // always the order of the chain.
    const written = new Map(json.map((entry) => [entry.number, entry]));
    for (const numbers of [csv.map(({ number }) => Number(number)), [...written.keys()]]) {
      expect(numbers.length).toBeGreaterThanOrEqual(before);
      expect(numbers.toSorted((a, b) => b - a)).toEqual(numbers.map((_, index) => numbers.length - index));
    }
    for (const { number, action, hash } of csv.slice(-before)) {
      expect(written.get(Number(number))).toMatchObject({ action, hash });
    }
  });

  it('of devices has every device, and no formula', async () => {
    const named = await enrolledDevice({}, owner);
    await owner.call(renameDevice, { params: { id: named.id }, body: { name: '=HYPERLINK("https://evil.example")' } });
    const { csv, json } = await exported<{ id: string; name: string }>(owner, listDevices);
    const { total } = await owner.call(listDevices);
    expect(json).toHaveLength(total);
    expect(json.find(({ id }) => id === named.id)?.name).toBe('=HYPERLINK("https://evil.example")');
    expect(csv.find(({ id }) => id === named.id)?.['name']).toBe('\'=HYPERLINK("https://evil.example")');
  });

  it('of software has every row, and no formula', async () => {
    const names = ['+1+1', '@SUM(A1)', '-2+3', '=1+1', 'a "b", c', ...Array.from({ length: 5200 }, (_, n) => `p${n}`)];
    await new SentSection(device, 'software').whole(names.map((name) => software(name, VERSION)));
    await until('all of it is there', async () => (await owner.call(listSoftware)).total === names.length);
    for (const [route, params] of [
      [listSoftware, {}],
      [listDeviceSoftware, { id: device.id }],
    ] as const) {
      const { csv, json } = await exported<{ name: string }>(owner, route, params);
      expect(json.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
      expect(csv.filter((row) => Object.values(row).some((cell) => /^[=+@-]/.test(cell)))).toEqual([]);
      for (const name of ['+1+1', '@SUM(A1)', '-2+3', '=1+1']) {
        expect(csv.filter((row) => row['name'] === `'${name}`)).toHaveLength(1);
      }
    }
  });
});

describe.runIf(ownAddress() !== undefined)('forwarding', () => {
  let server: SyslogServer;
  beforeAll(async () => {
    server = await SyslogServer.start(ownAddress() ?? '');
  });
  afterAll(async () => {
    const { host, port } = server;
    await owner.call(setAuditForwarding, { body: { enabled: false, host, port } });
    server.close();
  });

  it('hands each new entry to a log server once, in order, and the chain follows from what it received', async () => {
    const { host, port, certificate } = server;
    await owner.call(setAuditForwarding, { body: { enabled: true, host, port, anchors: certificate } });
    for (const name of ['first', 'second "quoted] \\', 'третий 🌍']) {
      await owner.call(createGroup, { body: { name: `forwarded ${name}` } });
    }
    await until('all of it is handed over', async () => {
      const { waiting, forwardedTo } = await owner.call(readAuditForwarding);
      return waiting === 0 && forwardedTo === (await newest(owner)).number && server.messages.length > 3;
    });
    expect(server.faults).toEqual([]);
    const texts = server.messages.map((message) => {
      // PRI VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID SD MSG (RFC 5424, section 6)
      const [, text] =
        /^<1(?:04|0[5-9]|1[01])>1 \d{4}-\d\d-\d\dT\S+Z \S+ muster-audit - \S+ \[muster@\d+ (?:[^"\]]|"(?:[^"\\]|\\.)*")*\] \ufeff(.*)$/su.exec(
          message,
        ) ?? [];
      if (text === undefined) throw new Error(`no message of RFC 5424: ${message}`);
      return text;
    });
    const numbers = texts.map((text) => (JSON.parse(text) as AuditEntry).number);
    const [first = 0] = numbers;
    expect(numbers).toEqual(numbers.map((_, index) => first + index));
    expect(texts.join('\n')).toContain('forwarded третий 🌍');

    // More may have happened since.
    const { entries } = await owner.call(listAudit, { query: { size: numbers.length + 50 } });
    const hashOf = (number: number): string => entries.find((entry) => entry.number === number)?.hash ?? 'none';
    let hash = hashOf(first - 1);
    for (const text of texts) hash = createHash('sha256').update(hash).update(text).digest('hex');
    expect(hash, 'SHA-256 over the hash before and the message').toBe(hashOf(first + numbers.length - 1));
  });

  it('says why nothing is handed over to one whose certificate is not trusted, and keeps the entries', async () => {
    const { host, port } = server;
    const before = server.messages.length;
    await owner.call(setAuditForwarding, { body: { enabled: true, host, port } });
    await owner.call(createGroup, { body: { name: 'waits' } });
    await until(
      'it says why',
      async () => (await owner.call(readAuditForwarding)).problem?.includes('not one that is trusted') === true,
    );
    expect((await owner.call(readAuditForwarding)).waiting).toBeGreaterThan(0);
    expect(server.messages).toHaveLength(before);
    const { certificate } = server;
    await owner.call(setAuditForwarding, { body: { enabled: true, host, port, anchors: certificate } });
    await until('they are handed over', async () => server.messages.some((message) => message.includes('waits')));
  });
});
