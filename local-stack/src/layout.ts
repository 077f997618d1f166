import { statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Options } from './options';

/** Ports of the stack, as offsets from `--ports BASE`. */
const PORT_OFFSETS = {
  http: 80,
  https: 443,
  xmpp: 444,
  xmppStarttls: 452,
  turn: 478,
  push: 480,
  postgres: 32,
  natsHub: 42,
  natsHubLeaf: 43,
  natsLeaf: 45,
  natsHubMonitor: 46,
  natsLeafMonitor: 47,
  webManager: 101,
  webWorker: 102,
  keyManager: 103,
  bip: 104,
  pushBroker: 105,
  rmmLogs: 106,
  plugins: 107,
  auditLogs: 108,
  turnHealth: 109,
  downloads: 110,
} as const;
export type Ports = Record<keyof typeof PORT_OFFSETS, number>;

export const BASE_DOMAIN = 'muster.localhost';
export const ITSM_DOMAIN = `itsm.${BASE_DOMAIN}`;
export const XMPP_DOMAIN = `xmpp.${BASE_DOMAIN}`;

/** Where everything lies. `open` is where processes that dropped their rights may enter. */
export interface Layout {
  project: string;
  data: string;
  open: string;
  certificateAuthority: string;
  certificates: string;
  nats: string;
  broker: string;
  packages: string;
  agentState: string;
  cluster: string;
  logs: string;
  run: string;
  ports: Ports;
  consoleOrigin: string;
}

export function layout(project: string, options: Options): Layout {
  const { data, basePort } = options;
  const ports = Object.fromEntries(
    Object.entries(PORT_OFFSETS).map(([name, offset]) => [name, basePort + offset]),
  ) as Ports;
  const open = isRoot() && !mayBeEntered(join(data, 'inside')) ? join('/var/lib/muster-local', digest(data)) : data;
  return {
    project,
    data,
    open,
    certificateAuthority: join(open, 'authority'),
    certificates: join(open, 'certificates'),
    nats: join(open, 'nats'),
    broker: join(open, 'broker'),
    packages: join(open, 'packages'),
    agentState: join(open, 'agent-state'),
    cluster: join(open, 'postgres'),
    logs: join(data, 'logs'),
    run: join(data, 'run'),
    ports,
    consoleOrigin: `https://${ITSM_DOMAIN}:${ports.https}`,
  };
}

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Whether any user may pass through every folder above a path (folders that do not exist yet count as open). */
export function mayBeEntered(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      if ((statSync(folder).mode & 0o001) === 0) return false;
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    if (folder === dirname(folder)) return true;
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
