import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { BusEvent, BusRequest, ServiceName } from '@muster/contracts';
import { BUS_OPTIONS, type BusOptions } from '../options';
import { type Delivery, type HandlerMark, markOf } from './decorators';

interface Registered {
  /** `Class.method`, for messages. */
  where: string;
}
export interface RequestHandler extends Registered {
  contract: BusRequest;
  handle(payload: object): Promise<object>;
}
export interface EventConsumer extends Registered {
  contract: BusEvent;
  batch: number;
  handle(payloads: object[], deliveries: Delivery[]): Promise<void>;
}
export interface EventListener extends Registered {
  contract: BusEvent;
  handle(payload: object): void | Promise<void>;
}

type Method = (...args: unknown[]) => unknown;

/**
 * Finds the decorated methods of all providers and controllers. Refuses to start, with every reason at once, where
 * two handle the same subject or the contracts name another service.
 */
@Injectable()
export class HandlerRegistry implements OnModuleInit {
  readonly requests: RequestHandler[] = [];
  readonly consumers: EventConsumer[] = [];
  readonly listeners: EventListener[] = [];
  private readonly faults: string[] = [];

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(BUS_OPTIONS) private readonly options: BusOptions,
  ) {}

  onModuleInit(): void {
    const seen = new Set<object>();
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      const instance: unknown = wrapper.instance;
      if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
      seen.add(instance);
      this.scan(instance, wrapper.isDependencyTreeStatic());
    }
    if (this.faults.length > 0) throw new Error(`The bus cannot start:\n${this.faults.join('\n')}`);
  }

  private scan(instance: object, single: boolean): void {
    const prototype = Object.getPrototypeOf(instance) as object | null;
    if (!prototype || prototype === Object.prototype) return;
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      const method = (prototype as Record<string, unknown>)[name];
      const mark = typeof method === 'function' ? markOf(method) : undefined;
      if (!mark) continue;
      const where = `${instance.constructor.name}.${name}`;
      if (!single) this.faults.push(`${where} belongs to a provider that is made anew for each request`);
      this.register(mark, where, (method as Method).bind(instance));
    }
  }

  private register(mark: HandlerMark, where: string, method: Method): void {
    const { subject } = mark.contract;
    if (mark.kind === 'request') {
      this.want(mark.contract.server === this.options.service, where, `${mark.contract.server} answers ${subject}`);
      this.wantNoOther(this.requests, subject, where);
      this.requests.push({ contract: mark.contract, where, handle: method as RequestHandler['handle'] });
      return;
    }
    const { consumers, delivery } = mark.contract;
    this.want(consumers.includes(this.options.service), where, `${this.named(consumers)} may consume ${subject}`);
    if (mark.kind === 'consumer') {
      this.want(delivery !== 'ephemeral', where, `${subject} is ephemeral: use @ListensTo`);
      this.want(Number.isInteger(mark.batch) && mark.batch >= 1 && mark.batch <= 500, where, 'a batch is 1 to 500');
      this.wantNoOther(this.consumers, subject, where);
      const handle = method as EventConsumer['handle'];
      this.consumers.push({ contract: mark.contract, where, batch: mark.batch, handle });
    } else {
      this.want(delivery === 'ephemeral', where, `${subject} is ${delivery}: use @ConsumesEvent`);
      this.listeners.push({ contract: mark.contract, where, handle: method as EventListener['handle'] });
    }
  }

  private want(holds: boolean, where: string, otherwise: string): void {
    if (!holds) this.faults.push(`${where}, in service ${this.options.service}: ${otherwise}`);
  }

  private wantNoOther(registered: (Registered & { contract: { subject: string } })[], subject: string, where: string) {
    const other = registered.find((handler) => handler.contract.subject === subject);
    if (other) this.faults.push(`${where}: ${subject} is already handled by ${other.where}`);
  }

  private named(services: readonly ServiceName[]): string {
    return services.length > 0 ? `only ${services.join(', ')}` : 'nobody';
  }
}
