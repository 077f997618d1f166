import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import {
  AckPolicy,
  DiscardPolicy,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { deviceRetired } from '@muster/contracts';
import { startNats, type TestNats } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JetStreams } from './jet-streams';

let [before, after]: TestNats[] = [];
let old: JetStreams;
let fresh: JetStreams;

/** With all rights in the account, which no service has: what the services' own tests are about. */
const unlimited = async (nats: TestNats): Promise<NatsConnection> => {
  const { url, password } = nats.backupCredentials;
  return connect({ servers: url, user: 'everything', pass: password });
};
const ofWeb = async (nats: TestNats): Promise<NatsConnection> => {
  const { url, user, password } = nats.credentials('web');
  return connect({ servers: url, user, pass: password, inboxPrefix: '_INBOX.web' });
};
const SUBJECT = deviceRetired.subject;
const DURABLE = `web--${SUBJECT.replaceAll('.', '_')}`;

beforeAll(async () => {
  [before, after] = await Promise.all([startNats({ everything: true }), startNats({ everything: true })]);
  [old, fresh] = await Promise.all([
    JetStreams.connect(before.backupCredentials),
    JetStreams.connect(after.backupCredentials),
  ]);
});
afterAll(async () => {
  await Promise.all([old?.close(), fresh?.close()]);
  await Promise.all([before?.stop(), after?.stop()]);
});

/** As a backup keeps it and a restore reads it. */
async function kept(chunks: AsyncIterable<Uint8Array>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk));
  return all;
}

describe('streams that are copied and made again', () => {
  it('have their messages, and each consumer goes on where it was; what came later is published after them', async () => {
    const nats = await unlimited(before as TestNats);
    const manager = await jetstreamManager(nats);
    const stream = { name: 'EVENTS', subjects: [SUBJECT], discard: DiscardPolicy.New, duplicate_window: 900e9 };
    await manager.streams.add({ ...stream, storage: StorageType.File });
    await manager.streams.add({ name: 'PRESENCE', subjects: ['presence.>'], storage: StorageType.Memory });
    await manager.consumers.add('EVENTS', { durable_name: DURABLE, ack_policy: AckPolicy.Explicit });
    const client = jetstream(nats);
    const publish = async (text: string): Promise<void> => {
      const own = headers();
      own.set('Nats-Msg-Id', text.slice(0, 1));
      own.set('Muster-Correlation-Id', `of ${text.slice(0, 1)}`);
      await client.publish(SUBJECT, text, { headers: own });
    };
    // More than the window of one snapshot, so that it has to be acknowledged on the way.
    const large = 'x'.repeat(500_000);
    for (const number of [1, 2, 3, 4, 5, 6, 7]) await publish(`${number} ${large}`);
    const consumer = await client.consumers.get('EVENTS', DURABLE);
    for await (const message of await consumer.fetch({ max_messages: 3, expires: 2_000 })) await message.ackAck();

    expect((await old.names()).sort()).toEqual(['EVENTS', 'PRESENCE']);
    expect((await old.info('PRESENCE')).config.storage).toBe('memory');
    const { config, state, chunks } = await old.snapshot('EVENTS');
    expect(state.last_seq).toBe(7);
    const copy = await kept(chunks);
    // After the snapshot: one more is taken, and two more are published.
    for await (const message of await consumer.fetch({ max_messages: 1, expires: 2_000 })) await message.ackAck();
    await publish('8');
    await publish('9');
    const later = await kept(old.messages('EVENTS', state.last_seq, (await old.info('EVENTS')).state.last_seq));

    await fresh.restore(config, state, Readable.from(copy));
    const lines = () => createInterface({ input: Readable.from(later) });
    expect(await fresh.publish(lines())).toBe(2);
    await fresh.publish(lines()); // a second time nothing is doubled: each has its message id
    expect((await fresh.info('EVENTS')).state).toMatchObject({ messages: 9, first_seq: 1, last_seq: 9 });
    await nats.close();

    const reader = await unlimited(after as TestNats);
    const again = await jetstream(reader).consumers.get('EVENTS', DURABLE);
    const seen: string[] = [];
    for await (const message of await again.fetch({ max_messages: 6, expires: 5_000 })) {
      seen.push(`${message.string()[0]} ${message.headers?.get('Muster-Correlation-Id')[3]}`);
      message.ack();
    }
    expect(seen).toEqual(['4 4', '5 5', '6 6', '7 7', '8 8', '9 9']);
    await reader.close();
  });

  it('may be work queues and key-value stores, and empty', async () => {
    const nats = await unlimited(before as TestNats);
    const manager = await jetstreamManager(nats);
    await manager.streams.add({ name: 'REPORTS_x', subjects: ['reports.>'], retention: RetentionPolicy.Workqueue });
    await manager.streams.add({ name: 'KV_settings', subjects: ['$KV.settings.>'], max_msgs_per_subject: 1 });
    await jetstream(nats).publish('$KV.settings.a', 'first');
    await jetstream(nats).publish('$KV.settings.a', 'second');
    for (const name of ['REPORTS_x', 'KV_settings']) {
      const { config, state, chunks } = await old.snapshot(name);
      await fresh.restore(config, state, Readable.from(await kept(chunks)));
    }
    expect((await fresh.info('REPORTS_x')).state).toMatchObject({ messages: 0 });
    expect((await fresh.info('KV_settings')).state).toMatchObject({ messages: 1, last_seq: 2 });
    await nats.close();
  });

  it('are refused where they are there, or damaged', async () => {
    const { config, state, chunks } = await old.snapshot('REPORTS_x');
    const copy = await kept(chunks);
    await expect(fresh.restore(config, state, Readable.from(copy))).rejects.toThrow(/already in use/);
    const damaged = Readable.from([Buffer.from('no snapshot')]);
    await expect(fresh.restore({ ...config, name: 'REPORTS_y' }, state, damaged)).rejects.toThrow();
    await expect(old.snapshot('NOTHING')).rejects.toThrow(/stream not found/);
  });
});

describe('the right to copy', () => {
  it('is the backup user’s alone', async () => {
    const nats = await ofWeb(before as TestNats);
    const asked = nats.request('$JS.API.STREAM.SNAPSHOT.EVENTS', '{"deliver_subject":"_INBOX.web.x"}', {
      timeout: 2_000,
    });
    await expect(asked).rejects.toThrow(/permission/i);
    await nats.close();
  });

  it('wants the password', async () => {
    const place = { ...(before as TestNats).backupCredentials, password: 'another' };
    await expect(JetStreams.connect(place)).rejects.toMatchObject({ exitCode: 77 });
    await expect(JetStreams.connect({ ...place, url: 'nats://127.0.0.1:1' })).rejects.toMatchObject({ exitCode: 69 });
  });
});
