import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '@nats-io/transport-node';
import { ConsumesEvent, DeadLetters, HandlesRequest, ListensTo } from './index';
import { addNumbers, Counted, doubleNumber, numberSeen, numberShown, type Sum, type Total } from './spec/contracts';
import { NatsProcess } from './spec/nats-process';
import { connected, startService, type TestService, until } from './spec/service';

class Watcher {
  readonly seen: number[] = [];

  @ConsumesEvent(numberSeen, { batch: 100 })
  async see(payloads: Counted[]): Promise<void> {
    this.seen.push(...payloads.map(({ number }) => number));
  }
}
class Adder {
  @HandlesRequest(addNumbers)
  async add({ terms }: Sum): Promise<Total> {
    return { total: terms.length };
  }

  readonly shown: number[] = [];

  @ListensTo(numberShown)
  show({ number }: Counted): void {
    this.shown.push(number);
  }
}
class Doubler {
  @HandlesRequest(doubleNumber)
  async double({ number }: Counted): Promise<Counted> {
    return { number: number * 2 };
  }
}

describe('a service behind a leaf node', () => {
  let hub: NatsProcess;
  let leaf: NatsProcess;
  let web: TestService;
  let keyManager: TestService;
  let broker: TestService;

  beforeAll(async () => {
    hub = await NatsProcess.hub(['web', 'key-manager'], ['push-broker']);
    leaf = await NatsProcess.leafOf(hub, ['push-broker']);
    web = await startService('web', hub, [Watcher]);
    keyManager = await startService('key-manager', hub, [Adder]);
    broker = await startService('push-broker', leaf, [Doubler]);
    await Promise.all([web, keyManager, broker].map(connected));
  });
  afterAll(async () => {
    await Promise.all([web, keyManager, broker].map((service) => service.stop()));
    await leaf.stop();
    await hub.stop();
  });

  it('asks the services of the hub and answers them', async () => {
    const asked = () => broker.bus.request(addNumbers, { terms: ['1', '2'] }).catch(() => undefined);
    expect(await until('asked', asked)).toEqual({ total: 2 });
    const answered = () => web.bus.request(doubleNumber, { number: 21 }).catch(() => undefined);
    expect(await until('answered', answered)).toEqual({ number: 42 });
  });

  it('publishes on plain NATS what the hub captures', async () => {
    const { seen } = web.get(Watcher);
    await until('captured', async () => {
      await broker.bus.publish(numberSeen, { number: 0 });
      return seen.includes(0);
    });
    await web.stop();
    for (let number = 1; number <= 50; number += 1) await broker.bus.publish(numberSeen, { number });
    web = await startService('web', hub, [Watcher]);
    const again = web.get(Watcher);
    await until('all', () => again.seen.filter((number) => number > 0).length === 50);
    expect(again.seen.filter((number) => number > 0)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  it('cannot use the link for anything else, whoever has taken it over', async () => {
    const asClient = connect({ servers: hub.url, user: 'leaf', pass: 'leaf-password' });
    await expect(asClient).rejects.toThrow('Authorization Violation');
    const rogue = await NatsProcess.rogueLeafOf(hub);
    const raw = await connect({ servers: rogue.url, inboxPrefix: '_INBOX.push-broker' });
    const { shown } = keyManager.get(Adder);
    // What the contracts allow does cross, so the link is up when the rest is refused.
    const linked = () => raw.request('numbers.add.v1', '{"terms":[]}', { timeout: 500 }).catch(() => undefined);
    await until('linked', linked);
    const heard: string[] = [];
    for (const subject of ['>', '_INBOX.>', 'number.shown.v1', '$JS.>'])
      raw.subscribe(subject, { callback: (_error, message) => void heard.push(message.subject) });
    raw.publish('number.shown.v1', '{"number":666}');
    raw.publish('dead-letters.web.number.seen.v1', 'forged');
    await expect(raw.request('$JS.API.STREAM.NAMES', '', { timeout: 500 })).rejects.toThrow();
    await expect(raw.request('$JS.hub.API.STREAM.DELETE.EVENTS', '', { timeout: 500 })).rejects.toThrow();
    await raw.flush();
    heard.length = 0;
    await web.bus.publish(numberShown, { number: 7 });
    await web.bus.request(addNumbers, { terms: [] });
    await until('shown to the hub', () => shown.includes(7));
    expect(shown).not.toContain(666);
    // An answer over the same link comes after whatever else would have come.
    await until('linked still', linked);
    expect(heard.filter((subject) => !subject.startsWith('_INBOX.push-broker.'))).toEqual(['numbers.add.v1']);
    expect(await web.get(DeadLetters).list()).toEqual([]);
    await raw.close();
    await rogue.stop();
  });

  it('finds the hub again after the hub was killed', async () => {
    await hub.kill();
    await until('noticed', () => !web.bus.connected);
    expect(broker.bus.connected).toBe(true);
    await hub.start();
    const asked = () => broker.bus.request(addNumbers, { terms: ['1'] }).catch(() => undefined);
    expect(await until('asked', asked, 30_000)).toEqual({ total: 1 });
    await until('captured', async () => {
      await broker.bus.publish(numberSeen, { number: 1000 });
      return web.get(Watcher).seen.includes(1000);
    });
  });
});
