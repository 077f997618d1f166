import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsumesEvent, HandlesRequest } from './index';
import { addNumbers, Counted, numberCounted, numberSeen, type Sum, type Total } from './spec/contracts';
import { NatsProcess } from './spec/nats-process';
import { connected, logs, startService, type TestService, until } from './spec/service';

class Ledger {
  readonly numbers: number[] = [];

  @ConsumesEvent(numberCounted, { batch: 20 })
  async note(payloads: Counted[]): Promise<void> {
    this.numbers.push(...payloads.map(({ number }) => number));
  }

  @HandlesRequest(addNumbers)
  async add({ terms }: Sum): Promise<Total> {
    return { total: terms.length };
  }
}

class Watcher {
  readonly seen: number[] = [];

  @ConsumesEvent(numberSeen, { batch: 20 })
  async see(payloads: Counted[]): Promise<void> {
    this.seen.push(...payloads.map(({ number }) => number));
  }
}

describe('when NATS goes and comes', () => {
  let nats: NatsProcess;
  let services: TestService[];

  beforeEach(async () => {
    services = [];
    nats = await NatsProcess.hub(['web', 'key-manager', 'push-broker']);
  });
  afterEach(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await nats.stop();
  });

  const start = async (...args: Parameters<typeof startService>): Promise<TestService> => {
    const service = await startService(...args);
    services.push(service);
    return service;
  };

  it('loses nothing that was acknowledged, through two kills under load', { timeout: 90_000 }, async () => {
    const web = await start('web', nats);
    const keyManager = await start('key-manager', nats, [Ledger]);
    await connected(web);
    const { numbers } = keyManager.get(Ledger);
    const acknowledged: number[] = [];
    let refused = 0;
    let publishing = true;
    const load = async (from: number): Promise<void> => {
      for (let number = from; publishing; number += 1) {
        const stored = await web.bus.publish(numberCounted, { number }).then(
          () => true,
          () => false,
        );
        if (stored) acknowledged.push(number);
        else {
          refused += 1;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    };
    const loads = [0, 100_000, 200_000, 300_000].map(load);
    for (const round of [1, 2]) {
      const before = acknowledged.length;
      await until(`load, round ${round}`, () => acknowledged.length > before + 300);
      await nats.kill();
      await until('noticed', () => !web.bus.connected);
      await nats.start();
      await until('stored again', () => acknowledged.length > before + 600);
    }
    publishing = false;
    await Promise.all(loads);
    expect(refused).toBeGreaterThan(0);
    const missing = (): number[] => {
      const consumed = new Set(numbers);
      return acknowledged.filter((number) => !consumed.has(number));
    };
    await until('all consumed', () => missing().length === 0, 45_000);
  });

  it('a service starts without NATS, refuses at once meanwhile, and is ready when NATS comes', async () => {
    await nats.kill();
    const web = await start('web', nats);
    const keyManager = await start('key-manager', nats, [Ledger]);
    expect(web.bus.connected).toBe(false);
    const began = Date.now();
    await expect(web.bus.request(addNumbers, { terms: [] })).rejects.toMatchObject({ code: 'unavailable' });
    await expect(web.bus.publish(numberCounted, { number: 1 })).rejects.toMatchObject({ code: 'unavailable' });
    expect(Date.now() - began).toBeLessThan(addNumbers.timeoutMs);
    await nats.start();
    await Promise.all([connected(web), connected(keyManager)]);
    await until('an answer', () => web.bus.request(addNumbers, { terms: ['1'] }).catch(() => undefined));
    await until('stored', () =>
      web.bus.publish(numberCounted, { number: 1 }).then(
        () => true,
        () => false,
      ),
    );
    await until('consumed', () => keyManager.get(Ledger).numbers.includes(1));
  });

  it('makes the memory stream and its consumers again after a restart, and tells of the reconnection', async () => {
    const web = await start('web', nats, [Watcher]);
    const broker = await start('push-broker', nats);
    await Promise.all([connected(web), connected(broker)]);
    let reconnections = 0;
    web.bus.onReconnect(() => (reconnections += 1));
    const { seen } = web.get(Watcher);
    const show = async (number: number): Promise<void> => {
      await until(`${number} seen`, async () => {
        await broker.bus.publish(numberSeen, { number }).catch(() => undefined);
        return seen.includes(number);
      });
    };
    await show(1);
    await nats.kill();
    await until('noticed', () => !web.bus.connected && !broker.bus.connected);
    await nats.start();
    await Promise.all([connected(web), connected(broker)]);
    await show(2);
    expect(reconnections).toBe(1);
  });

  it('a service stops while NATS is away', async () => {
    const keyManager = await startService('key-manager', nats, [Ledger]);
    await connected(keyManager);
    await until('consuming', () => logs.some(({ fields }) => fields['message'] === 'stream made'));
    await nats.kill();
    await until('noticed', () => !keyManager.bus.connected);
    await keyManager.stop();
    await nats.start();
  });

  it('a wrong password is told once, and tried again for ever', async () => {
    logs.length = 0;
    const web = await start('web', nats, [], { password: 'wrong' });
    const told = (): number => logs.filter(({ fields }) => fields['message'] === 'NATS is away').length;
    await until('told', () => told() > 0);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(told()).toBe(1);
    expect(web.bus.connected).toBe(false);
  });
});
