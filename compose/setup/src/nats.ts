import { existsSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { type HubSettings, type LeafSettings, natsServerConfig } from '@muster/bus';
import { type ServiceName, SERVICES, webHostOf } from '@muster/contracts';
import { secret, type Secrets } from './secrets';

export const NATS_PORT = 4222;
/** Where the edge hands leaf nodes on; `NATS_LEAF_UPSTREAM` of the stack. */
export const LEAF_PORT = 7422;
export const MONITOR_PORT = 8222;
const STORE_DIR = '/var/lib/muster/nats';
const MEMORY_BYTES = 64_000_000;
const ANY = '0.0.0.0';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a nats-server of the stack is started with. */
export interface NatsFiles {
  config: string;
  /** PEM with the public authorities, when the hub's certificate is checked against those. */
  publicRoots?: string;
}

/**
 * The configuration of the hub or of a leaf node: one user for each secret `nats-<service>` of this container.
 * @param publicRootsFile where the caller is going to write `publicRoots`
 * @throws Error naming the variable or secret that does not fit
 */
export function natsFiles(
  role: 'hub' | 'leaf',
  secrets: Secrets,
  env: Environment,
  publicRootsFile: string,
): NatsFiles {
  const common = {
    listen: { host: ANY, port: NATS_PORT },
    passwords: servicePasswords(secrets),
    system: { user: 'system', password: secret(secrets, 'nats-system') },
    backupPassword: secrets.get('nats-backup'),
    jetStream: { storeDir: STORE_DIR, maxFileBytes: bytes(env, 'NATS_STORE_BYTES'), maxMemoryBytes: MEMORY_BYTES },
    monitor: { host: '127.0.0.1', port: MONITOR_PORT },
  };
  const leafPassword = secret(secrets, 'nats-leaf');
  if (role === 'hub') {
    const settings: HubSettings = {
      ...common,
      role,
      serverName: 'itsm',
      leafListen: { host: ANY, port: LEAF_PORT },
      leaf: { user: 'leaf', password: leafPassword, services: ['push-broker'] },
    };
    return { config: natsServerConfig(settings) };
  }
  const anchors = env['HUB_ANCHORS_FILE'];
  const ownAnchors = anchors !== undefined && existsSync(anchors);
  const port = env['EDGE_PORT'] || '443';
  const settings: LeafSettings = {
    ...common,
    role,
    serverName: 'xmpp',
    hub: {
      url: `wss://${webHostOf({ ...env, ITSM_DOMAIN: required(env, 'ITSM_DOMAIN') })}:${port}`,
      addresses: (env['ITSM_WEB_IP'] ?? '').split(/[\s,]+/).filter((address) => address !== ''),
      user: 'leaf',
      password: leafPassword,
      caFile: ownAnchors ? anchors : publicRootsFile,
    },
  };
  return {
    config: natsServerConfig(settings),
    // Node.js carries Mozilla's list; the image has no other.
    publicRoots: ownAnchors ? undefined : `${rootCertificates.join('\n')}\n`,
  };
}

function servicePasswords(secrets: Secrets): Partial<Record<ServiceName, string>> {
  const known = new Set<string>(SERVICES);
  const passwords: Partial<Record<string, string>> = {};
  for (const [name, value] of secrets) {
    const service = /^nats-(.+)$/.exec(name)?.[1];
    if (service === undefined || ['system', 'leaf', 'backup'].includes(service)) continue;
    if (!known.has(service)) throw new Error(`the secret ${name} is for a service that this version does not know`);
    passwords[service] = value;
  }
  return passwords;
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

function bytes(env: Environment, name: string): number {
  const value = Number(required(env, name));
  if (!Number.isSafeInteger(value) || value < MEMORY_BYTES) {
    throw new Error(`${name} must be a whole number of bytes, at least ${MEMORY_BYTES}`);
  }
  return value;
}
