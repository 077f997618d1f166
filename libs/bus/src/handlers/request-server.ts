import { Injectable, Logger, Optional } from '@nestjs/common';
import { AppError, InvalidInput, shape } from '@muster/contracts';
import type { Msg } from '@nats-io/transport-node';
import { Connection } from '../connection';
import { withCorrelationId } from '../correlation';
import { BusMetrics, NoMetrics } from '../metrics';
import { decode } from '../wire/decode';
import { encode } from '../wire/encode';
import { errorBody, respondWithError } from '../wire/error-reply';
import { correlationIdOf, outgoingHeaders } from '../wire/headers';
import { HandlerRegistry, type RequestHandler } from './handler-registry';
import { Subscriptions } from './subscriptions';

/** Answers requests; the instances of a service are one queue group, so that each request reaches one of them. */
@Injectable()
export class RequestServer {
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
      this.registry.requests.map((handler) => ({
        subject: handler.contract.subject,
        queue: handler.contract.server,
        take: (message: Msg) => this.answer(handler, message),
      })),
    );
  }

  /** Takes no more requests; fulfilled when those at hand are answered. */
  stop(): Promise<void> {
    return this.subscriptions.stop();
  }

  private async answer(handler: RequestHandler, message: Msg): Promise<void> {
    const { subject } = handler.contract;
    const correlationId = correlationIdOf(message);
    const headers = outgoingHeaders({ correlationId });
    const started = performance.now();
    let outcome = 'ok';
    try {
      const reply = await withCorrelationId(correlationId, () => this.handle(handler, message));
      message.respond(encode(subject, reply), { headers });
    } catch (error) {
      const body = errorBody(error, correlationId);
      outcome = body.code;
      if (outcome === 'internal')
        this.log.error({ message: 'request failed', subject, correlationId, where: handler.where, error });
      respondWithError(message, headers, body);
    }
    this.metrics.inc('muster_bus_handled_total', { subject, outcome });
    this.metrics.observe('muster_bus_handling_seconds', { subject }, (performance.now() - started) / 1000);
  }

  private async handle({ contract, handle }: RequestHandler, message: Msg): Promise<object> {
    const payload = decode(contract.request, message.data);
    try {
      return shape(contract.reply, await handle(payload));
    } catch (error) {
      // Only the request itself may be called invalid input; deeper inside it is this service's own fault.
      if (error instanceof InvalidInput) throw new AppError('internal', 'Something failed inside.', { cause: error });
      throw error;
    }
  }
}
