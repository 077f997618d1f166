import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WAKE_NAMESPACE } from '@muster/contracts';
import { Log } from '@muster/service-kit';
import { XmppServer } from '../core/server';
import { Listener } from '../core/tls/listener';
import { element } from '../core/xml/element';
import { PushBrokerConfig } from '../push-broker.config';

/** Opens the XMPP port when everything else stands, keeps its certificates current, and says good-bye in order. */
@Injectable()
export class XmppNode implements OnApplicationBootstrap, OnModuleDestroy {
  private watching?: NodeJS.Timeout;
  private lastFault = '';

  constructor(
    private readonly config: PushBrokerConfig,
    private readonly server: XmppServer,
    private readonly listener: Listener,
    private readonly log: Log,
  ) {
    server.events.on('fault', (error, doing) => log.error({ err: error, doing }, 'A stream ended by a defect.'));
    server.events.on('refused', (reason, address) => log.debug({ reason, address }, 'A peer was refused.'));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.listener.listen();
    const { XMPP_DOMAIN: domain, XMPP_HOST: host, NODE_NAME: node } = this.config;
    const { port, starttlsPort, webSocketPort } = this.listener;
    this.log.info({ domain, host, port, starttlsPort, webSocketPort, node }, 'XMPP is open.');
    this.explain();
    this.watching = setInterval(() => this.reload(), this.config.XMPP_CERT_CHECK_SECONDS * 1000);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.watching);
    const closed = this.listener.close();
    const within = String(this.config.XMPP_RETURN_WITHIN_SECONDS);
    this.server.shutdown(element('see-you-later', WAKE_NAMESPACE, { 'within-seconds': within }));
    await closed;
  }

  /** A certificate that can be used, but that clients will not like, is worse than none: it looks as if all were well. */
  private explain(): void {
    const file = this.config.XMPP_CERT_FILE;
    for (const { severity, text } of this.listener.findings) {
      if (severity === 'warning') this.log.warn({ file, finding: text }, 'The certificate could be better.');
      else this.log.error({ file, finding: text }, 'Clients will refuse the certificate.');
    }
  }

  private reload(): void {
    try {
      if (this.listener.reload()) {
        this.log.info({}, 'New certificates are in use.');
        this.explain();
      }
      this.lastFault = '';
    } catch (error) {
      // Halfway through a renewal key and certificate may not match; what was in use stays so.
      if (String(error) !== this.lastFault) this.log.warn({ err: error }, 'Changed certificates cannot be used.');
      this.lastFault = String(error);
    }
  }
}
