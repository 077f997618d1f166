export { Bus } from './bus';
export { BusModule } from './bus.module';
export { BUS_OPTIONS, type BusOptions } from './options';
export { currentCorrelationId, withCorrelationId } from './correlation';
export { ConsumesEvent, type ConsumeOptions, type Delivery, HandlesRequest, ListensTo } from './handlers/decorators';
export {
  BUS_COUNTERS,
  BUS_GAUGES,
  BUS_HISTOGRAMS,
  type BusCounter,
  type BusGauge,
  type BusHistogram,
  type BusLabels,
  BusMetrics,
} from './metrics';
export { type OwnRecord, OwnStream, type OwnStreamSettings } from './own-stream/own-stream';
export { OUTBOX_SOURCE, type OutboxRow, type OutboxSource } from './outbox/outbox-source';
export {
  type Endpoint,
  type HubSettings,
  JETSTREAM_DOMAINS,
  type LeafSettings,
  natsServerConfig,
} from './server-config/nats-server-config';
export { DeadLetters, type DeadLetterRange } from './dead-letters/dead-letters';
export { OutboxRelay } from './outbox/outbox-relay';
