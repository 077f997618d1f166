import { Injectable } from '@nestjs/common';
import { Metrics } from '@muster/service-kit';
import { XmppServer } from '../core/server';
import { Listener } from '../core/tls/listener';
import { MessagePush } from '../features/message-push';
import { PresenceLedger } from '../presence/presence-ledger';

/** What the broker shows of itself. The delay of the event loop is among the process metrics of every service. */
@Injectable()
export class BrokerMetrics {
  constructor(metrics: Metrics, server: XmppServer, listener: Listener, push: MessagePush, ledger: PresenceLedger) {
    const gauge = (name: string, help: string, value: () => number): void => {
      metrics.gauge(name, help, [], (own) => own.set(value()));
    };
    gauge('muster_xmpp_connections', 'Open connections.', () => listener.connections);
    gauge('muster_xmpp_waiting', 'Connections that wait for their turn to begin.', () => listener.waiting);
    gauge('muster_xmpp_streams', 'Open streams, bound or not.', () => server.streams.size);
    gauge('muster_xmpp_sessions', 'Sessions, those waiting to be resumed included.', () => server.sessions.count);
    gauge('muster_xmpp_devices_connected', 'Devices that are connected now.', () => ledger.connected);

    const total = (name: string, help: string, value: () => number): void => {
      let counted = 0;
      const counter = metrics.counter(name, help, []);
      // Prometheus' client asks a counter for its value by collecting it.
      Object.assign(counter, {
        collect: () => {
          counter.inc(value() - counted);
          counted = value();
        },
      });
    };
    total('muster_xmpp_bytes_in_total', 'Bytes of XML that arrived.', () => server.traffic.bytesIn);
    total('muster_xmpp_bytes_out_total', 'Bytes of XML that were sent.', () => server.traffic.bytesOut);
    total('muster_xmpp_stanzas_in_total', 'Stanzas that arrived.', () => server.traffic.stanzasIn);
    total('muster_xmpp_wakes_total', 'Wake-ups handed to connections.', () => push.sent);

    const refused = metrics.counter('muster_xmpp_refused_total', 'Peers turned away.', ['reason']);
    server.events.on('refused', (reason) => refused.inc({ reason }));
    const faults = metrics.counter('muster_xmpp_faults_total', 'Defects that ended a stream.', []);
    server.events.on('fault', () => faults.inc());
  }
}
