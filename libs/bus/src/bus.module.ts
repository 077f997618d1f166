import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DEAD_LETTER_KEEPER, type ServiceName } from '@muster/contracts';
import { Bus } from './bus';
import { Connection } from './connection';
import { DeadLetterWriter } from './dead-letters/dead-letter-writer';
import { DeadLetters } from './dead-letters/dead-letters';
import { EventListeners } from './handlers/event-listeners';
import { HandlerRegistry } from './handlers/handler-registry';
import { RequestServer } from './handlers/request-server';
import { EventConsumers } from './jetstream/event-consumers';
import { EventHandling } from './jetstream/event-handling';
import { StreamKeeper } from './jetstream/stream-keeper';
import { OwnStream } from './own-stream/own-stream';
import { OutboxRelay } from './outbox/outbox-relay';
import { ownStreamOf } from './streams';

/**
 * The bus of one service. Wants a global module that provides `BUS_OPTIONS`, and uses `BusMetrics` and
 * `OUTBOX_SOURCE` where one provides them. Refuses to start on handlers that the contracts do not allow; does start
 * without NATS. Handlers get their first message when every module has been initialised, and on shutdown finish what
 * they have in hand before databases are closed.
 */
@Global()
@Module({})
export class BusModule
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    @Inject(Connection) private readonly connection: Connection,
    @Inject(RequestServer) private readonly requests: RequestServer,
    @Inject(EventListeners) private readonly listeners: EventListeners,
    @Inject(EventConsumers) private readonly consumers: EventConsumers,
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
  ) {}

  static forService({ service }: { service: ServiceName }): DynamicModule {
    const keeper = service === DEAD_LETTER_KEEPER ? [DeadLetters] : [];
    const own = ownStreamOf(service) ? [OwnStream] : [];
    return {
      module: BusModule,
      imports: [DiscoveryModule],
      providers: [
        Bus,
        Connection,
        HandlerRegistry,
        RequestServer,
        EventListeners,
        EventConsumers,
        EventHandling,
        StreamKeeper,
        DeadLetterWriter,
        OutboxRelay,
        ...keeper,
        ...own,
      ],
      exports: [Bus, OutboxRelay, ...keeper, ...own],
    };
  }

  onModuleInit(): void {
    this.connection.start();
  }

  async onApplicationBootstrap(): Promise<void> {
    this.listeners.start();
    this.requests.start();
    this.consumers.start();
    this.relay.start();
    await this.connection.flush();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.requests.stop(), this.listeners.stop(), this.consumers.stop(), this.relay.stop()]);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.stop();
  }
}
