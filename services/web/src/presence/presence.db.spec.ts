import { Injectable } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { HandlesRequest } from '@muster/bus';
import {
  AppError,
  type PresenceBatch,
  type PresenceChange,
  presenceChanged,
  presenceLeased,
  type PresenceSnapshot,
  type PresenceSnapshotQuery,
  readPresence,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { eventually, type ServiceDouble, startDouble } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Directory } from '../devices/device-directory';
import { selfSigned } from '../testing/certificates';
import { addDevices, addOrganisation } from '../testing/devices';
import { ask, WebUnderTest } from '../testing/web-under-test';
import { BrokerNodes } from './broker-nodes';
import { Contacts } from './contacts';
import { Presences } from './presence.service';
import { SweepSteps } from './sweep-steps';

/** A broker's memory of who is connected, in pages of two. */
@Injectable()
class BrokerDouble {
  connected: PresenceChange[] = [];
  epoch = 1;
  sequence = 0;
  asked = 0;
  /** So many requests reach another node first. */
  elsewhere = 0;

  @HandlesRequest(readPresence)
  async snapshot({ after }: PresenceSnapshotQuery): Promise<PresenceSnapshot> {
    if (this.elsewhere-- > 0) throw new AppError('unavailable', 'This is another node.');
    this.asked += 1;
    const rest = this.connected
      .toSorted((a, b) => (a.deviceId < b.deviceId ? -1 : 1))
      .filter(({ deviceId }) => after === undefined || deviceId > after);
    const { epoch, sequence } = this;
    return { epoch, sequence, devices: rest.slice(0, 2), last: rest.length <= 2 };
  }
}

const MANUAL = { PRESENCE_SWEEP_SECONDS: '3600', PRESENCE_OFFLINE_SECONDS: '60', PRESENCE_POLLING_SECONDS: '120' };

let suite: WebUnderTest;
let web: NestFastifyApplication;
let brokerService: ServiceDouble;
let broker: BrokerDouble;
let presences: Presences;
let nodes: BrokerNodes;
let sweep: SweepSteps;

beforeAll(async () => {
  suite = await WebUnderTest.start();
  web = await suite.startWeb('worker', MANUAL);
  brokerService = await startDouble('push-broker', suite.nats, [BrokerDouble]);
  broker = brokerService.get(BrokerDouble);
  presences = web.get(Presences, { strict: false });
  nodes = web.get(BrokerNodes, { strict: false });
  sweep = web.get(SweepSteps, { strict: false });
});
afterAll(async () => {
  await brokerService?.stop();
  await suite?.stop();
});
beforeEach(async () => {
  await suite.rows('DELETE FROM core.device_connections');
  await suite.rows('DELETE FROM core.broker_nodes');
  Object.assign(broker, { connected: [], epoch: 1, sequence: 0, asked: 0 });
});

const at = new Date().toISOString();
const change = (deviceId: string, sequence: number, connected: boolean): PresenceChange => ({
  deviceId,
  sequence,
  connected,
  address: '203.0.113.9',
  at,
});
const batch = (node: string, epoch: number, ...changes: PresenceChange[]): PresenceBatch => ({ node, epoch, changes });
const lease = (node: string, epoch: number, sequence: number, connected: number) =>
  nodes.renew({ node, epoch, sequence, connected, leaseSeconds: 60 });
async function presenceOf(...ids: string[]): Promise<string[]> {
  const rows = await suite.rows<{ id: string; presence: string }>(
    'SELECT id, presence FROM core.devices WHERE id = ANY($1)',
    [ids],
  );
  return ids.map((id) => rows.find((row) => row.id === id)?.presence ?? 'missing');
}
const lapse = (node: string) =>
  suite.rows(`UPDATE core.broker_nodes SET lease_until = now() - interval '1 second' WHERE node = $1`, [node]);

describe('events', () => {
  it('travel from the broker to the row, over organisations', async () => {
    const [here = ''] = await addDevices(suite, 1);
    const [there = ''] = await addDevices(suite, 1, { organisationId: await addOrganisation(suite, 'Second') });
    const send = (connected: boolean, sequence: number) =>
      brokerService.bus.publish(
        presenceChanged,
        batch('a', 1, change(here, sequence, connected), change(there, sequence + 1, connected)),
      );
    await send(true, 1);
    await eventually(async () => (await presenceOf(here, there)).join() === 'online,online');
    expect(await suite.rows('SELECT address FROM core.devices WHERE id = $1', [here])).toEqual([
      { address: '203.0.113.9' },
    ]);
    await send(false, 3);
    await eventually(async () => (await presenceOf(here, there)).join() === 'offline,offline');
  });

  it('win by epoch and sequence, in whatever order they arrive and however often', async () => {
    const [id = ''] = await addDevices(suite, 1);
    const disconnected = batch('a', 2, change(id, 5, false));
    await presences.receive([disconnected]);
    await presences.receive([batch('a', 2, change(id, 4, true)), batch('a', 1, change(id, 99, true))]);
    expect(await presenceOf(id)).toEqual(['offline']);
    await presences.receive([batch('a', 2, change(id, 6, true), change(id, 7, false), change(id, 8, true))]);
    await presences.receive([disconnected]);
    expect(await presenceOf(id)).toEqual(['online']);
    await Promise.all(Array.from({ length: 8 }, () => presences.receive([batch('a', 2, change(id, 9, false))])));
    expect(await presenceOf(id)).toEqual(['offline']);
  });

  it('of different nodes are kept apart: a late goodbye of the old one ends nothing', async () => {
    const [id = ''] = await addDevices(suite, 1);
    await presences.receive([batch('a', 7, change(id, 1000, true))]);
    await Promise.all([
      presences.receive([batch('b', 3, change(id, 1, true))]),
      presences.receive([batch('a', 7, change(id, 1001, false))]),
    ]);
    expect(await presenceOf(id)).toEqual(['online']);
    await presences.receive([batch('b', 3, change(id, 2, false))]);
    expect(await presenceOf(id)).toEqual(['offline']);
  });

  it('about devices that are unknown or retired change nothing', async () => {
    const [id = ''] = await addDevices(suite, 1);
    await suite.rows('UPDATE core.devices SET retired_at = now() WHERE id = $1', [id]);
    await presences.receive([batch('a', 1, change(id, 1, true), change(newId(), 2, true))]);
    expect(await suite.rows('SELECT FROM core.device_connections')).toEqual([]);
  });
});

describe('a broker node that falls silent', () => {
  it('leaves its devices unknown, then offline; one that polls shows as polling', async () => {
    const [first = '', second = '', elsewhere = ''] = await addDevices(suite, 3);
    await lease('a', 1, 2, 2);
    await lease('b', 1, 1, 1);
    await presences.receive([
      batch('a', 1, change(first, 1, true), change(second, 2, true)),
      batch('b', 1, change(elsewhere, 1, true)),
    ]);
    broker.connected = [change(elsewhere, 1, true)];
    broker.sequence = 1;
    await lapse('a');
    await sweep.all();
    expect(await presenceOf(first, second, elsewhere)).toEqual(['unknown', 'unknown', 'online']);

    const contacts = web.get(Contacts, { strict: false });
    const [row] = await suite.rows<{ organisation_id: string }>(
      'SELECT organisation_id FROM core.devices WHERE id = $1',
      [second],
    );
    contacts.heardFrom(row?.organisation_id ?? '', second, '198.51.100.1');
    await contacts.flush();
    expect(await presenceOf(first, second)).toEqual(['unknown', 'polling']);

    await suite.rows(`UPDATE core.broker_nodes SET lapsed_at = lapsed_at - interval '61 seconds' WHERE node = 'a'`);
    await sweep.all();
    expect(await presenceOf(first, second, elsewhere)).toEqual(['offline', 'polling', 'online']);
    expect(await suite.rows(`SELECT FROM core.broker_nodes WHERE node = 'a'`)).toEqual([]);
  });

  it('is asked for a snapshot when it is back, also after it was given up', async () => {
    const [stays = '', left = '', came = ''] = await addDevices(suite, 3);
    await lease('a', 1, 2, 2);
    await presences.receive([batch('a', 1, change(stays, 1, true), change(left, 2, true))]);
    for (const away of ['1 second', '61 seconds']) {
      await lapse('a');
      await nodes.markLapsed();
      await suite.rows(`UPDATE core.broker_nodes SET lapsed_at = now() - $1::interval`, [away]);
      await sweep.all();
      Object.assign(broker, { connected: [change(stays, 1, true), change(came, 3, true)], sequence: 4 });
      await lease('a', 1, 4, 2);
      await sweep.all();
      expect(await presenceOf(stays, left, came)).toEqual(['online', 'offline', 'online']);
    }
    expect(broker.asked).toBe(2);
  });
});

describe('a snapshot', () => {
  it('is taken for a new epoch, over pages, and ends what the node no longer has', async () => {
    const ids = await addDevices(suite, 6);
    await lease('a', 1, 6, 6);
    await presences.receive([batch('a', 1, ...ids.map((id, index) => change(id, index + 1, true)))]);
    const connected = ids.slice(0, 5).map((id, index) => change(id, index + 1, true));
    const stranger = change(newId(), 6, true);
    Object.assign(broker, { connected: [...connected, stranger], epoch: 2, sequence: 6, elsewhere: 5 });
    await lease('a', 2, 6, 6);
    await sweep.all();
    expect(await presenceOf(...ids)).toEqual(['online', 'online', 'online', 'online', 'online', 'offline']);
    expect(broker.asked).toBe(3);
    // The device that is not known here is counted in: the same lease again raises no doubt.
    await suite.rows(`UPDATE core.broker_nodes SET snapshot_at = now() - interval '1 hour'`);
    await lease('a', 2, 6, 6);
    await sweep.all();
    expect(broker.asked).toBe(3);
  });

  it('is taken when the counts disagree although every event was applied', async () => {
    const [lost = '', kept = ''] = await addDevices(suite, 2);
    Object.assign(broker, { connected: [change(kept, 2, true)], sequence: 2 });
    await lease('a', 1, 2, 1);
    await sweep.all();
    await presences.receive([batch('a', 1, change(lost, 3, true))]);
    expect(await presenceOf(lost, kept)).toEqual(['online', 'online']);
    // Its goodbye (4) was lost, and that of nobody else (5) arrived.
    await nodes.applied('a', 1, 5);
    broker.sequence = 5;
    await suite.rows(`UPDATE core.broker_nodes SET snapshot_at = now() - interval '1 hour'`);
    await lease('a', 1, 5, 1);
    await sweep.all();
    expect(await presenceOf(lost, kept)).toEqual(['offline', 'online']);
  });

  it('leaves alone what changed while it was made', async () => {
    const [late = ''] = await addDevices(suite, 1);
    await presences.receive([batch('a', 1, change(late, 9, true))]);
    Object.assign(broker, { connected: [], sequence: 8 });
    await lease('a', 1, 8, 0);
    await sweep.all();
    expect(await presenceOf(late)).toEqual(['online']);
  });

  it('follows a lease that a broker sends', async () => {
    const [id = ''] = await addDevices(suite, 1);
    Object.assign(broker, { connected: [change(id, 1, true)], epoch: 5, sequence: 1 });
    await brokerService.bus.publish(presenceLeased, {
      node: 'a',
      epoch: 5,
      sequence: 1,
      connected: 1,
      leaseSeconds: 60,
    });
    await eventually(async () => (await nodes.all()).some((node) => node.epoch === 5));
    await sweep.all();
    expect(await presenceOf(id)).toEqual(['online']);
  });
});

describe('contacts', () => {
  it('are all authenticated requests of devices', async () => {
    const [id = ''] = await addDevices(suite, 1);
    const { certificate } = selfSigned(id);
    const body = { agentVersion: '0.1.0', mapVersion: 0, capacity: 0, reports: [], holding: [] };
    expect(await ask(web, 'POST', '/sync', { certificate, body })).toMatchObject({ status: 200 });
    await eventually(async () => (await presenceOf(id))[0] === 'polling');
    expect(await suite.rows('SELECT address FROM core.devices WHERE id = $1', [id])).toEqual([
      { address: '198.51.100.7' },
    ]);
    await suite.rows('UPDATE core.devices SET retired_at = now() WHERE id = $1', [id]);
    web.get(Directory, { strict: false }).forget(id);
    expect(await ask(web, 'POST', '/sync', { certificate, body })).toMatchObject({ body: { code: 'device-revoked' } });
  });

  it('make a device polling until it falls silent, and are written once in a while', async () => {
    const contacts = web.get(Contacts, { strict: false });
    const organisationId = await addOrganisation(suite, 'Contacts');
    const [id = ''] = await addDevices(suite, 1, { organisationId });
    const contactOf = async () =>
      (await suite.rows<{ last_contact_at: Date }>('SELECT last_contact_at FROM core.devices WHERE id = $1', [id]))[0]
        ?.last_contact_at;
    contacts.heardFrom(organisationId, id, '198.51.100.1');
    await contacts.flush();
    expect(await presenceOf(id)).toEqual(['polling']);
    const first = await contactOf();
    contacts.heardFrom(organisationId, id, '198.51.100.1');
    await contacts.flush();
    expect(await contactOf()).toEqual(first);

    await suite.rows(`UPDATE core.devices SET last_contact_at = now() - interval '121 seconds' WHERE id = $1`, [id]);
    await sweep.all();
    expect(await presenceOf(id)).toEqual(['offline']);
  });

  it('before a goodbye do not count as life after it', async () => {
    const organisationId = await addOrganisation(suite, 'Goodbye');
    const [id = ''] = await addDevices(suite, 1, { organisationId });
    const contacts = web.get(Contacts, { strict: false });
    await presences.receive([batch('a', 1, change(id, 1, true))]);
    contacts.heardFrom(organisationId, id, '');
    await contacts.flush();
    expect(await presenceOf(id)).toEqual(['online']);
    await presences.receive([batch('a', 1, change(id, 2, false))]);
    expect(await presenceOf(id)).toEqual(['offline']);
  });
});

it('is swept by one instance, and by another when that one has gone', async () => {
  const settings = { ...MANUAL, PRESENCE_SWEEP_SECONDS: '1' };
  const [first, second] = [await suite.startWeb('worker', settings), await suite.startWeb('worker', settings)];
  await suite.rows('DELETE FROM core.leases');
  // Other work of the same instances has leases of its own, which come and go as it likes.
  const ofSweep = `SELECT holder FROM core.leases WHERE name = 'presence sweep'`;
  const holder = async () => (await suite.rows<{ holder: string }>(ofSweep))[0]?.holder;
  const before = await eventually(holder);
  await lease('dead', 1, 0, 0);
  const [id = ''] = await addDevices(suite, 1);
  await presences.receive([batch('dead', 1, change(id, 1, true))]);
  await first.close();
  await second.close();
  expect(await holder()).toBeUndefined();
  const third = await suite.startWeb('worker', settings);
  const after = await eventually(holder);
  expect(after).not.toBe(before);
  await eventually(
    async () => {
      // A new leader gives nodes time to be heard: the lease lapses again until that is over.
      await lapse('dead');
      return (await presenceOf(id))[0] === 'unknown';
    },
    { within: 20_000, every: 100 },
  );
  await third.close();
});
