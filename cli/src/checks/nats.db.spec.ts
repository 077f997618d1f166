import { AckPolicy, type Consumer, jetstreamManager, jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testFolder } from '../testing/folder';
import { NatsPair } from '../testing/nats-pair';
import { UrlStack } from '../testing/url-stack';
import type { Check } from './finding';
import { leafLinkCheck, natsCheck } from './link';
import { queueCheck } from './queues';

const folder = testFolder();
const codes = async (check: Check) => (await check.run()).map(({ code, verdict }) => code ?? verdict);
let pair: NatsPair;
let nats: NatsConnection;
let stack: UrlStack;

beforeAll(async () => {
  pair = await NatsPair.start(folder);
  nats = await connect({ servers: pair.url });
  stack = new UrlStack({ hub: pair.hubMonitor, leaf: pair.leafMonitor, gone: 'http://127.0.0.1:1' });
});
afterAll(async () => {
  await nats?.close();
  await pair?.stop();
});

describe('the link between both servers', () => {
  it('is seen from the hub and from the leaf node', async () => {
    for (const part of ['hub', 'leaf'])
      await eventually(async () => (await codes(leafLinkCheck(stack, part, 'itsm.test'))).includes('ok'));
    expect(await codes(natsCheck(stack, ['hub', 'leaf']))).toEqual(['ok', 'ok']);
  });

  it('that is down is named, until it is back', async () => {
    await pair.stopLeaf();
    const check = leafLinkCheck(stack, 'hub', 'itsm.test');
    const [down] = await eventually(async () => {
      const found = await check.run();
      return found[0]?.verdict === 'fault' && found;
    });
    expect(down).toMatchObject({ code: 'leaf-link-down' });
    expect(down?.remedy).toContain('wss://itsm.test/leafnode');
    expect(await codes(natsCheck(stack, ['leaf', 'gone']))).toEqual(['nats-unreachable', 'nats-unreachable']);
    await pair.startLeaf();
    await eventually(async () => (await codes(check)).includes('ok'));
  });
});

describe('queues', () => {
  const limits = { waiting: 10, betweenMs: 300 };

  it('without anything waiting are well', async () => {
    expect(await codes(queueCheck(stack, 'hub', limits))).toEqual(['ok', 'ok']);
  });

  it('name a consumer that stands still, one that catches up, and dead letters', async () => {
    const manager = await jetstreamManager(nats);
    await manager.streams.add({ name: 'EVENTS', subjects: ['events.>'] });
    await manager.streams.add({ name: 'DEAD_LETTERS', subjects: ['dead-letters.>'] });
    const durable = { ack_policy: AckPolicy.Explicit, durable_name: 'web--events_one' };
    await manager.consumers.add('EVENTS', durable);
    const client = jetstream(nats);
    for (let number = 0; number < 40; number += 1) await client.publish('events.one', `${number}`);
    await client.publish('dead-letters.web.events.one', '{}');

    const [behind, letters] = await queueCheck(stack, 'hub', limits).run();
    expect(behind).toMatchObject({ code: 'consumer-behind', verdict: 'fault' });
    expect(behind?.sentence).toContain('web for events_one is 40 messages behind');
    expect(letters).toMatchObject({ code: 'dead-letters' });
    expect(letters?.sentence).toContain('1 events could not be handled');

    const consumer = await client.consumers.get('EVENTS', 'web--events_one');
    const looking = queueCheck(stack, 'hub', { ...limits, betweenMs: 2_000 }).run();
    // It starts to work between the two looks.
    setTimeout(() => void take(consumer, 25), 700);
    expect((await looking)[0]).toMatchObject({ code: 'consumer-catching-up' });
  });
});

async function take(consumer: Consumer, count: number): Promise<void> {
  for await (const message of await consumer.fetch({ max_messages: count, expires: 1_000 })) message.ack();
}
