import { Injectable } from '@nestjs/common';
import { Metrics } from '@muster/service-kit';
import { OfflineNode } from '../offline/offline-node';

/** What the broker shows of messages that wait. */
@Injectable()
export class OfflineMetrics {
  constructor(metrics: Metrics, { store, messages: { counts } }: OfflineNode) {
    metrics.gauge('muster_xmpp_offline_messages', 'Messages that wait for who is not there.', [], (gauge) =>
      gauge.set(store.messages),
    );
    const ends = ['stored', 'refused', 'delivered'] as const;
    metrics.gauge('muster_xmpp_offline_handled', 'Such messages since the start.', ['outcome'], (gauge) => {
      for (const outcome of ends) gauge.set({ outcome }, counts[outcome]);
    });
  }
}
