import { Injectable, Logger, Optional } from '@nestjs/common';
import { InvalidInput } from '@muster/contracts';
import type { Msg } from '@nats-io/transport-node';
import { Connection } from '../connection';
import { withCorrelationId } from '../correlation';
import { BusMetrics, NoMetrics } from '../metrics';
import { decode } from '../wire/decode';
import { correlationIdOf } from '../wire/headers';
import { type EventListener, HandlerRegistry } from './handler-registry';
import { Subscriptions } from './subscriptions';

/** Hands ephemeral events to every instance that listens. What fails or does not fit its contract is logged and gone. */
@Injectable()
export class EventListeners {
  private readonly log = new Logger('Bus');
  private readonly subscriptions: Subscriptions;

  constructor(
    connection: Connection,
    private readonly registry: HandlerRegistry,
    @Optional() private readonly metrics: BusMetrics = new NoMetrics(),
  ) {
    this.subscriptions = new Subscriptions(connection);
  }

  start(): void {
    this.subscriptions.start(
      this.registry.listeners.map((listener) => ({
        subject: listener.contract.subject,
        take: (message: Msg) => this.hear(listener, message),
      })),
    );
  }

  stop(): Promise<void> {
    return this.subscriptions.stop();
  }

  private async hear({ contract, handle, where }: EventListener, message: Msg): Promise<void> {
    const { subject } = contract;
    const correlationId = correlationIdOf(message);
    try {
      const payload = decode(contract.payload, message.data);
      await withCorrelationId(correlationId, async () => handle(payload));
      this.metrics.inc('muster_bus_handled_total', { subject, outcome: 'ok' });
    } catch (error) {
      if (error instanceof InvalidInput) {
        this.metrics.inc('muster_bus_dropped_total', { subject });
        this.log.warn({ message: 'event dropped', subject, correlationId, problem: error.message });
      } else {
        this.metrics.inc('muster_bus_handled_total', { subject, outcome: 'internal' });
        this.log.error({ message: 'event not handled', subject, correlationId, where, error });
      }
    }
  }
}
