import { join } from 'node:path';
import { type Layout } from './layout';
import type { Part } from './part';
import { natsFile } from './preparation';
import { findProgram } from './programs';
import { httpOk } from './http-ok';
import { runnable } from './open-copies';
import { giveTo, serviceUser } from './users';

/** A full disk makes nats-server switch JetStream off until it is started again. */
const UNHEALTHY_MS = 10_000;

/** The hub of the ITSM server and the leaf node of the XMPP server, linked through the edge as on two machines. */
export function natsParts(layout: Layout): Part[] {
  const user = serviceUser();
  for (const role of ['hub', 'leaf'] as const) {
    giveTo(user, natsFile(layout, role));
    giveTo(user, join(layout.nats, role));
  }
  const program = runnable(layout, findProgram('nats-server') ?? 'nats-server');
  const server = (name: string, role: 'hub' | 'leaf', monitorPort: number): Part => ({
    name,
    file: program,
    args: ['-c', natsFile(layout, role)],
    env: { PATH: process.env['PATH'] ?? '', GOMAXPROCS: '2' },
    cwd: layout.nats,
    user,
    needs: [],
    ready: () => httpOk(`http://127.0.0.1:${monitorPort}/healthz`),
    restartAfterMs: UNHEALTHY_MS,
    stopSignal: 'SIGINT',
  });
  return [
    server('nats-hub', 'hub', layout.ports.natsHubMonitor),
    server('nats-leaf', 'leaf', layout.ports.natsLeafMonitor),
  ];
}
