import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Log, Metrics } from '@muster/service-kit';
import { PushBrokerConfig } from '../push-broker.config';
import { PushGround } from './push-ground';
import { PushService } from './push-service';

/** Opens the push service where one is configured, keeps its files current, counts what it does, and closes it. */
@Injectable()
export class PushNode implements OnApplicationBootstrap, OnModuleDestroy {
  readonly service: PushService | undefined;
  private watching?: NodeJS.Timeout;
  private lastFault = '';

  constructor(
    private readonly config: PushBrokerConfig,
    private readonly log: Log,
    private readonly metrics: Metrics,
    { router, revocations, answers }: PushGround,
  ) {
    const options = config.pushing(config.listening().credentials, config.XMPP_STANZA_BYTES);
    if (!options) return;
    const copies = metrics.counter('muster_push_copies_total', 'Copies of pushed stanzas.', ['outcome']);
    const requests = metrics.histogram('muster_push_request_seconds', 'Time until a push request was answered.', [
      'path',
      'status',
    ]);
    // Looking for the labels takes longer than counting.
    const counters = {
      delivered: copies.labels({ outcome: 'delivered' }),
      stored: copies.labels({ outcome: 'stored' }),
      unknown: copies.labels({ outcome: 'unknown' }),
      refused: copies.labels({ outcome: 'refused' }),
    };
    const timers = new Map<string, ReturnType<typeof requests.labels>>();
    this.service = new PushService(options, {
      domain: config.XMPP_DOMAIN,
      router,
      revocations,
      answers,
      counted: (outcome) => counters[outcome].inc(),
      answered: (path, status, seconds) => {
        const key = `${path} ${status}`;
        const timer = timers.get(key) ?? requests.labels({ path, status: String(status) });
        timers.set(key, timer);
        timer.observe(seconds);
      },
      failed: (error, correlationId) =>
        log.error({ correlationId, code: error.code, err: error.details.cause ?? error }, 'A push failed.'),
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    const { service } = this;
    if (!service) return;
    await service.server.listen();
    this.metrics.gauge('muster_push_connections', 'Open connections to the push service.', [], (gauge) =>
      gauge.set(service.server.connections),
    );
    this.log.info({ host: this.config.PUSH_HOST, port: service.server.port }, 'The push service is open.');
    this.watching = setInterval(() => this.reload(service), this.config.XMPP_CERT_CHECK_SECONDS * 1000);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.watching);
    await this.service?.server.close();
  }

  private reload(service: PushService): void {
    try {
      const changed = service.reload();
      if (changed.length > 0) this.log.info({ changed }, 'The push service uses changed files.');
      this.lastFault = '';
    } catch (error) {
      if (String(error) !== this.lastFault) this.log.warn({ err: error }, 'Changed files cannot be used for pushes.');
      this.lastFault = String(error);
    }
  }
}
