import type { Metrics } from '@muster/service-kit/process';
import { DROPS } from '../relay/traffic';
import type { TurnServer } from '../server/turn-server';
import { METHOD } from '../stun/constants';

const METHOD_NAMES = new Map<number, string>(Object.entries(METHOD).map(([name, number]) => [number, name]));

/** What the server shows of itself. Packets are counted as plain numbers and read when somebody asks. */
export function turnMetrics(metrics: Metrics, server: TurnServer): void {
  metrics.gauge('muster_turn_allocations', 'Allocations.', [], (own) => own.set(server.allocations.size));
  metrics.gauge('muster_turn_reservations', 'Relay ports that are reserved.', [], (own) =>
    own.set(server.ports.reservations),
  );
  const { traffic } = server;
  const relayed = (name: string, help: string, toPeers: () => number, toClients: () => number): void => {
    const counter = metrics.counter(name, help, ['to']);
    // Prometheus' client asks a counter for its value by collecting it.
    Object.assign(counter, {
      collect: () => {
        counter.reset();
        counter.inc({ to: 'peer' }, toPeers());
        counter.inc({ to: 'client' }, toClients());
      },
    });
  };
  relayed(
    'muster_turn_packets_total',
    'Packets relayed.',
    () => traffic.packetsToPeers,
    () => traffic.packetsToClients,
  );
  relayed(
    'muster_turn_bytes_total',
    'Bytes of data relayed.',
    () => traffic.bytesToPeers,
    () => traffic.bytesToClients,
  );
  const dropped = metrics.counter('muster_turn_dropped_total', 'Packets dropped.', ['reason']);
  Object.assign(dropped, {
    collect: () => {
      dropped.reset();
      for (const reason of DROPS) dropped.inc({ reason }, traffic.dropped[reason]);
    },
  });
  const requests = metrics.counter('muster_turn_requests_total', 'Requests answered.', ['method', 'result']);
  server.requests.events.on('answered', (method, code) =>
    requests.inc({ method: METHOD_NAMES.get(method) ?? 'other', result: String(code ?? 'success') }),
  );
}
