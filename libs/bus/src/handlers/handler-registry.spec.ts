import { Injectable, Scope } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { ConsumesEvent, HandlesRequest, ListensTo } from '../index';
import { addNumbers, Counted, numberCounted, numberSeen, numberShown, type Sum, type Total } from '../spec/contracts';
import { startService } from '../spec/service';

/** Nothing listens there: a refusal to start does not need NATS. */
const nowhere = { url: 'nats://127.0.0.1:1' };

class Adder {
  @HandlesRequest(addNumbers)
  async add({ terms }: Sum): Promise<Total> {
    return { total: terms.length };
  }
}
class OtherAdder extends Adder {}
class Ledger {
  @ConsumesEvent(numberCounted)
  async note(_payloads: Counted[]): Promise<void> {}
}
class SecondLedger {
  @ConsumesEvent(numberCounted)
  async write(_payloads: Counted[]): Promise<void> {}
}
class Confused {
  @ListensTo(numberCounted)
  hear(_payload: Counted): void {}

  @ConsumesEvent(numberShown)
  async consume(_payloads: Counted[]): Promise<void> {}
}
class Greedy {
  @ConsumesEvent(numberCounted, { batch: 0 })
  async consume(_payloads: Counted[]): Promise<void> {}
}
class Foreign {
  @ConsumesEvent(numberSeen)
  async see(_payloads: Counted[]): Promise<void> {}
}
@Injectable({ scope: Scope.REQUEST })
class Fleeting {
  @HandlesRequest(addNumbers)
  async add(): Promise<Total> {
    return { total: 0 };
  }
}

const start = (...providers: Parameters<typeof startService>[2] & object[]) =>
  startService('key-manager', nowhere, providers);

describe('a service refuses to start', () => {
  it.each([
    ['two answer one request', [Adder, OtherAdder], 'OtherAdder.add: numbers.add.v1 is already handled by Adder.add'],
    ['two consume one event', [Ledger, SecondLedger], 'number.counted.v1 is already handled by Ledger.note'],
    ['an ephemeral event shall be consumed', [Confused], 'number.shown.v1 is ephemeral: use @ListensTo'],
    ['a durable event is only listened to', [Confused], 'number.counted.v1 is durable: use @ConsumesEvent'],
    ['it is no consumer of the event', [Foreign], 'only web may consume number.seen.v1'],
    ['a batch is none', [Greedy], 'a batch is 1 to 500'],
    ['a handler is made for each request', [Fleeting], 'is made anew for each request'],
  ])('when %s', async (_case, providers, problem) => {
    await expect(start(...providers)).rejects.toThrow(problem);
  });

  it('when it is not the server of a request', async () => {
    await expect(startService('web', nowhere, [Adder])).rejects.toThrow('key-manager answers numbers.add.v1');
  });

  it('with every reason at once', async () => {
    const refusal = await start(Adder, OtherAdder, Foreign).catch(String);
    expect(refusal).toContain('OtherAdder.add');
    expect(refusal).toContain('Foreign.see');
  });
});

it('one provider under two tokens is one handler', async () => {
  const service = await start(Adder, { provide: 'alias', useExisting: Adder });
  expect(service.bus.connected).toBe(false);
  await service.stop();
});

it('only the keeper of the dead letters can inject them', async () => {
  const { DeadLetters } = await import('../index');
  const service = await start();
  expect(() => service.get(DeadLetters)).toThrow();
  await service.stop();
});
