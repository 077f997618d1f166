import { X509Certificate, createVerify } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ListensTo } from '@muster/bus';
import { DEFAULT_ORGANISATION_ID, devicesWoken, OperationPayload, parse, type WakeHint } from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually, type ServiceDouble, startDouble } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../testing/fleet';
import { ask, WebUnderTest } from '../testing/web-under-test';

@Injectable()
class Broker {
  readonly hints: string[][] = [];
  @ListensTo(devicesWoken)
  woken({ deviceIds }: WakeHint): void {
    this.hints.push(deviceIds);
  }
}

let web: WebUnderTest;
let app: NestFastifyApplication;
let fleet: Fleet;
let broker: ServiceDouble;

beforeAll(async () => {
  web = await WebUnderTest.start();
  app = await web.startWeb();
  fleet = new Fleet(web);
  broker = await startDouble('push-broker', web.nats, [Broker]);
});
afterAll(async () => {
  await broker?.stop();
  await web?.stop();
});

interface StoredOperation {
  id: string;
  device_id: string;
  sequence: string;
  signature: string;
  text: string;
  chain: string[];
}
const stored = (batchId: string) =>
  web.rows<StoredOperation>(
    `SELECT o.id, o.device_id, o.sequence, o.signature, o.payload_head || b.payload_tail AS text, s.chain
       FROM core.operations o JOIN core.operation_batches b ON b.id = o.batch_id
       JOIN core.signing_delegations s ON s.digest = o.delegation_digest
      WHERE o.batch_id = $1 ORDER BY o.sequence`,
    [batchId],
  );
const countOf = async (table: string) =>
  (await web.rows<{ n: number }>(`SELECT count(*)::int AS n FROM core.${table}`))[0]?.n;

describe('running a procedure', () => {
  it('stores one signed operation per device, with its history, and wakes the devices', async () => {
    const procedure = await ask(app, 'POST', '/api/procedures', {
      as: 'owner',
      body: {
        name: 'Greet',
        language: 'bash',
        script: 'echo "$MUSTER_WHO"\n',
        parameters: [
          { name: 'who', label: 'Who', required: true },
          { name: 'how', label: 'How', required: false, defaultValue: 'kindly' },
        ],
        timeLimitSeconds: 90,
      },
    });
    const deviceIds = [await fleet.deviceRow(), await fleet.deviceRow()];
    const reply = await ask(app, 'POST', '/api/operations', {
      as: 'owner',
      body: {
        procedureId: procedure.body['id'],
        deviceIds: [...deviceIds, deviceIds[0]],
        parameters: [{ name: 'who', value: 'wörld "$x"' }],
        expiresInSeconds: 600,
      },
    });
    expect(reply).toMatchObject({
      status: 200,
      body: { title: 'Greet', deviceCount: 2, states: [{ state: 'PENDING', count: 2 }] },
    });

    const operations = await stored(String(reply.body['id']));
    expect(operations.map((row) => row.device_id).sort()).toEqual([...deviceIds].sort());
    for (const { id, device_id: deviceId, sequence, text, signature, chain } of operations) {
      const key = new X509Certificate(chain[0] ?? '').publicKey;
      expect(createVerify('sha256').update(text).verify(key, signature, 'base64')).toBe(true);
      const payload = parse(OperationPayload, JSON.parse(text), { unknown: 'refuse' });
      expect(payload).toMatchObject({
        purpose: 'operation',
        operationId: id,
        organisationId: DEFAULT_ORGANISATION_ID,
        deviceId,
        sequence: Number(sequence),
        kind: 'procedure',
        idempotent: false,
        language: 'bash',
        script: 'echo "$MUSTER_WHO"\n',
        parameters: [
          { name: 'who', value: 'wörld "$x"' },
          { name: 'how', value: 'kindly' },
        ],
        timeLimitSeconds: 90,
      });
      expect(Date.parse(payload.expiresAt) - Date.parse(payload.issuedAt)).toBe(600_000);
      expect(await fleet.historyOf(id)).toEqual(['PENDING']);
    }
    await eventually(() => {
      const woken = broker.get(Broker).hints.flat();
      return deviceIds.every((id) => woken.includes(id));
    });
  });

  it('takes the members of groups, each device once, and leaves out retired members', async () => {
    const [member, chosen, retired] = [await fleet.deviceRow(), await fleet.deviceRow(), await fleet.deviceRow()];
    const groupId = newId();
    await web.rows('INSERT INTO core.groups (organisation_id, id, name) VALUES ($1, $2, $3)', [
      DEFAULT_ORGANISATION_ID,
      groupId,
      `Group ${groupId}`,
    ]);
    for (const id of [member, chosen, retired]) {
      await web.rows('INSERT INTO core.group_members VALUES ($1, $2, $3)', [DEFAULT_ORGANISATION_ID, groupId, id]);
    }
    await web.rows('UPDATE core.devices SET retired_at = now() WHERE id = $1', [retired]);
    const body = { procedureId: await fleet.procedure(app), deviceIds: [chosen], groupIds: [groupId] };
    const reply = await ask(app, 'POST', '/api/operations', { as: 'owner', body });
    const operations = await stored(String(reply.body['id']));
    expect(operations.map((row) => row.device_id).sort()).toEqual([member, chosen].sort());
  });

  it('numbers the operations of a device in the order in which they become visible, however many run at once', async () => {
    const devices = await fleet.deviceRows(6);
    const procedureId = await fleet.procedure(app);
    let running = true;
    const looks = (async () => {
      for (let count = 0; ; count += 1) {
        const rows = await web.rows<{ numbers: number[] }>(
          `SELECT array_agg(sequence::int ORDER BY sequence) AS numbers FROM core.operations
            WHERE device_id = ANY($1) GROUP BY device_id`,
          [devices],
        );
        // At no moment is a number visible before a lower one: a device would refuse the lower one as a replay.
        for (const { numbers } of rows) expect(numbers).toEqual(numbers.map((_, index) => index + 1));
        if (!running) return count;
      }
    })();
    const runs = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        // Overlapping choices in different orders: locks taken as given would deadlock.
        ask(app, 'POST', '/api/operations', {
          as: 'owner',
          body: { procedureId, deviceIds: index % 2 ? devices.slice(1) : [...devices].reverse().slice(0, 5) },
        }),
      ),
    );
    running = false;
    expect(await looks).toBeGreaterThan(3);
    expect(runs.map((run) => run.status)).toEqual(runs.map(() => 200));
    const numbers = await web.rows<{ next: number; count: number }>(
      `SELECT d.next_sequence::int AS next, count(*)::int AS count FROM core.devices d
         JOIN core.operations o ON o.device_id = d.id WHERE d.id = ANY($1) GROUP BY d.organisation_id, d.id`,
      [devices],
    );
    for (const { next, count } of numbers) expect(next).toBe(count + 1);
  });

  it('begins a new epoch when the rows are found in another database, as after a restore', async () => {
    const procedureId = await fleet.procedure(app);
    const device = { id: await fleet.deviceRow() };
    const epochOf = async () => {
      const { operationIds } = await fleet.run(app, procedureId, [device]);
      const [row] = await web.rows<{ epoch: string }>('SELECT epoch FROM core.operations WHERE id = $1', operationIds);
      return Number(row?.epoch);
    };
    const before = await epochOf();
    expect(await epochOf()).toBe(before);
    await web.rows(`UPDATE core.server_epoch SET fingerprint = 'where the backup was made'`);
    await web.rows('UPDATE core.devices SET next_sequence = 1 WHERE id = $1', [device.id]);
    const after = await epochOf();
    expect(after).toBeGreaterThan(before);
    expect(await epochOf()).toBe(after);
  });

  it('signs large requests in several parts', async () => {
    const devices = await fleet.deviceRows(1100);
    const script = `echo "${'ü'.repeat(2000)}"\n`;
    const { batchId } = await fleet.run(
      app,
      await fleet.procedure(app, { script }),
      devices.map((id) => ({ id })),
    );
    const operations = await stored(batchId);
    expect(operations).toHaveLength(1100);
    const [last] = operations.slice(-1);
    const key = new X509Certificate(last?.chain[0] ?? '').publicKey;
    for (const { text, signature } of operations) {
      expect(createVerify('sha256').update(text).verify(key, signature, 'base64')).toBe(true);
    }
  });
});

describe('what is refused, and leaves nothing behind', () => {
  const refused = async (body: object, as = 'owner') => {
    const before = [await countOf('operations'), await countOf('operation_batches')];
    const reply = await ask(app, 'POST', '/api/operations', { as, body });
    expect([await countOf('operations'), await countOf('operation_batches')]).toEqual(before);
    return reply;
  };

  it('devices of another organisation, and ones that do not exist', async () => {
    const mine = await fleet.deviceRow();
    const theirs = await fleet.deviceRow(await fleet.organisation());
    const procedureId = await fleet.procedure(app);
    for (const stranger of [theirs, newId()]) {
      expect(await refused({ procedureId, deviceIds: [mine, stranger] })).toMatchObject({
        status: 404,
        body: { code: 'not-found' },
      });
    }
    const [row] = await web.rows<{ next: string }>('SELECT next_sequence AS next FROM core.devices WHERE id = $1', [
      mine,
    ]);
    expect(Number(row?.next)).toBe(1);
  });

  it('retired devices, nobody at all, unknown groups', async () => {
    const device = await fleet.deviceRow();
    await web.rows('UPDATE core.devices SET retired_at = now() WHERE id = $1', [device]);
    const procedureId = await fleet.procedure(app);
    expect((await refused({ procedureId, deviceIds: [device] })).body['code']).toBe('conflict');
    expect((await refused({ procedureId })).body['code']).toBe('invalid-input');
    expect((await refused({ procedureId, groupIds: [newId()] })).body['code']).toBe('not-found');
  });

  it('parameters that the procedure does not have or needs', async () => {
    const { body } = await ask(app, 'POST', '/api/procedures', {
      as: 'owner',
      body: {
        name: 'Needs',
        language: 'sh',
        script: 'true',
        parameters: [{ name: 'path', label: 'Path', required: true }],
        timeLimitSeconds: 5,
      },
    });
    const deviceIds = [await fleet.deviceRow()];
    const reply = await refused({ procedureId: body['id'], deviceIds, parameters: [{ name: 'paht', value: 'x' }] });
    expect(reply.body['faults']).toEqual([
      { field: 'parameters.paht', problem: 'is not a parameter of this procedure' },
      { field: 'parameters.path', problem: 'Path is required' },
    ]);
  });

  it('people without the permission, here and at the key manager', async () => {
    const procedureId = await fleet.procedure(app);
    const deviceIds = [await fleet.deviceRow()];
    expect((await refused({ procedureId, deviceIds }, 'reader')).body['code']).toBe('permission-denied');
    web.keyManager.refusesSigning = true;
    try {
      expect((await refused({ procedureId, deviceIds })).body['code']).toBe('permission-denied');
    } finally {
      web.keyManager.refusesSigning = false;
    }
  });

  it('more devices than the limit', async () => {
    const small = await web.startWeb('manager', { WEB_MOST_DEVICES_PER_RUN: '1' });
    const deviceIds = [await fleet.deviceRow(), await fleet.deviceRow()];
    const body = { procedureId: await fleet.procedure(app), deviceIds };
    expect(await ask(small, 'POST', '/api/operations', { as: 'owner', body })).toMatchObject({ status: 413 });
  });
});
