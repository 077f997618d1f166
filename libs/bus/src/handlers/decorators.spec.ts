import { expect, it } from 'vitest';
import { addNumbers, Counted, numberCounted, type Sum, type Total } from '../spec/contracts';
import { ConsumesEvent, type Delivery, HandlesRequest, markOf } from './decorators';

/** The compiler checks this class: each `@ts-expect-error` is itself an error once the line below it compiles. */
class Handlers {
  @HandlesRequest(addNumbers)
  async fits({ terms }: Sum): Promise<Total> {
    return { total: terms.length };
  }

  @HandlesRequest(addNumbers)
  async needsNoPayload(): Promise<Total> {
    return { total: 0 };
  }

  // @ts-expect-error the reply is another one
  @HandlesRequest(addNumbers)
  async otherReply(_payload: Sum): Promise<{ sum: string }> {
    return { sum: '' };
  }

  // @ts-expect-error the payload is another one
  @HandlesRequest(addNumbers)
  async otherPayload(_payload: { word: string }): Promise<Total> {
    return { total: 0 };
  }

  @ConsumesEvent(numberCounted, { batch: 10 })
  async wantsDeliveries(_payloads: Counted[], _deliveries: Delivery[]): Promise<void> {}

  // @ts-expect-error one event instead of several
  @ConsumesEvent(numberCounted)
  async onlyOne(_payload: Counted): Promise<void> {}
}

it('marks the method with its contract', () => {
  expect(markOf(Handlers.prototype.fits)).toEqual({ kind: 'request', contract: addNumbers });
  expect(markOf(Handlers.prototype.wantsDeliveries)).toEqual({ kind: 'consumer', contract: numberCounted, batch: 10 });
  expect(markOf(Handlers.prototype.onlyOne)).toMatchObject({ batch: 1 });
});
