import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deviceAnchors, xmppCertificate } from './certificates';
import { httpOk } from './http-ok';
import { jemalloc } from './jemalloc';
import { BASE_DOMAIN, ITSM_DOMAIN, type Layout, XMPP_DOMAIN } from './layout';
import { builtProject, runnable } from './open-copies';
import type { Part } from './part';
import type { Secrets } from './secrets';
import { giveTo, serviceUser } from './users';

const LOCAL = '127.0.0.1';

/** Every service built so far, each its own process. */
export function serviceParts(layout: Layout, secrets: Secrets): Part[] {
  const { ports } = layout;
  const user = serviceUser();
  const built = builtProject(layout);
  const node = runnable(layout, process.execPath);
  for (const folder of [layout.broker, layout.packages]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    giveTo(user, folder);
  }
  const common = (port: number, natsUser: string, natsPort: number): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    NODE_ENV: 'production',
    NODE_OPTIONS: '--max-semi-space-size=4', // megabytes: small beats fast where little is to be done
    SERVICE_HOST: LOCAL,
    SERVICE_PORT: String(port),
    NATS_URL: `nats://${LOCAL}:${natsPort}`,
    NATS_USER: natsUser,
    NATS_PASSWORD: secrets.nats[natsUser] ?? '',
    EDGE_SECRET: secrets.edge,
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info',
    ITSM_DOMAIN,
    BASE_DOMAIN,
    CONSOLE_ORIGIN: layout.consoleOrigin,
  });
  const database = (prefix: string, schema: string): Record<string, string> => {
    const url = (role: string, password: string | undefined): string =>
      `postgres://muster_${schema}_${role}:${password}@${LOCAL}:${ports.postgres}/postgres`;
    return {
      [`${prefix}_DATABASE_URL`]: url('app', secrets.databaseApp[schema]),
      [`${prefix}_DATABASE_OWNER_URL`]: url('owner', secrets.databaseOwner[schema]),
    };
  };
  const addresses = {
    ITSM_WEB_HOST: ITSM_DOMAIN,
    ITSM_WEB_IP: LOCAL,
    EDGE_PORT: String(ports.https),
    ITSM_XMPP_HOST: XMPP_DOMAIN,
    ITSM_XMPP_IP: LOCAL,
    XMPP_DOMAIN,
    XMPP_PORT: String(ports.xmpp),
  };
  const service = (
    name: string,
    folder: string,
    port: number,
    env: Record<string, string>,
    needs: string[],
    flags: string[] = [],
  ): Part => ({
    name,
    file: node,
    args: [...flags, join(built, 'services', folder, 'dist/main.mjs')],
    env: { ...common(port, folder, ports.natsHub), ...addresses, ...env },
    cwd: layout.open,
    user,
    needs,
    ready: () => httpOk(`http://${LOCAL}:${port}/-/health/ready`),
  });
  const web = { ...database('WEB', 'core') };
  return [
    service(
      'key-manager',
      'key-manager',
      ports.keyManager,
      {
        ...database('KEY_MANAGER', 'identity'),
        CA_DIR: layout.certificateAuthority,
        FIRST_ADMIN_PASSWORD: secrets.firstAdminPassword,
        FIRST_REGISTRATION_KEY: secrets.firstRegistrationKey,
      },
      ['postgres', 'nats-hub'],
    ),
    service('web-manager', 'web', ports.webManager, { ...web, WEB_ROLE: 'manager' }, ['postgres', 'nats-hub']),
    service('web-worker', 'web', ports.webWorker, { ...web, WEB_ROLE: 'worker' }, ['postgres', 'nats-hub']),
    service(
      'rmm-logs',
      'rmm-logs',
      ports.rmmLogs,
      { ...database('RMM_LOGS', 'rmm_logs'), NODE_OPTIONS: '--max-semi-space-size=32' }, // takes in most of what devices report
      ['postgres', 'nats-hub'],
    ),
    service('plugins', 'plugins', ports.plugins, database('PLUGINS', 'plugins'), ['postgres', 'nats-hub']),
    service('audit-logs', 'audit-logs', ports.auditLogs, database('AUDIT_LOGS', 'audit'), ['postgres', 'nats-hub']),
    service(
      'downloads',
      'downloads',
      ports.downloads,
      // A fleet of one, on this machine: what does not get green soon does not get green.
      { ...database('DOWNLOADS', 'downloads'), PACKAGE_DIR: layout.packages, GREEN_WITHIN_SECONDS: '45' },
      ['postgres', 'nats-hub'],
    ),
    service('bip', 'bip', ports.bip, { AGENT_DIR: join(built, 'agent/dist') }, ['nats-hub']),
    service(
      'push-broker',
      'push-broker',
      ports.pushBroker,
      {
        ...common(ports.pushBroker, 'push-broker', ports.natsLeaf),
        ...jemalloc(),
        XMPP_HOST: LOCAL,
        XMPP_STARTTLS_PORT: String(ports.xmppStarttls),
        PUSH_HOST: LOCAL,
        PUSH_PORT: String(ports.push),
        PUSH_KEYS_FILE: pushKeys(layout, secrets),
        TURN_SERVERS: `turn:${LOCAL}:${ports.turn}?transport=udp`,
        TURN_SECRET: secrets.turn,
        XMPP_CERT_FILE: xmppCertificate(layout),
        XMPP_DEVICE_ANCHORS_FILE: deviceAnchors(layout),
        NODE_STATE_DIR: layout.broker,
      },
      ['nats-leaf'],
      ['--initial-old-space-size=256'], // megabytes before V8 collects the whole heap: it takes TLS connections for heavy
    ),
    {
      name: 'turn',
      file: node,
      args: [join(built, 'services/turn/dist/main.mjs')],
      env: {
        PATH: process.env['PATH'] ?? '',
        NODE_ENV: 'production',
        NODE_OPTIONS: '--max-semi-space-size=4',
        SERVICE_HOST: LOCAL,
        SERVICE_PORT: String(ports.turnHealth),
        LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info',
        TURN_HOST: LOCAL,
        TURN_PORT: String(ports.turn),
        TURN_SECRET: secrets.turn,
        TURN_RELAY_ADDRESS: LOCAL,
        TURN_ALLOWED_PEERS: `${LOCAL}/32`, // everything here is on this machine
      },
      cwd: layout.open,
      user,
      needs: [],
      ready: () => httpOk(`http://${LOCAL}:${ports.turnHealth}/-/health/ready`),
    },
  ];
}

/** The key of the push service, which may reach every device. @returns the file that says so */
function pushKeys(layout: Layout, { pushKey }: Secrets): string {
  const file = join(layout.broker, 'push-keys.json');
  const sha256 = createHash('sha256').update(pushKey).digest('hex');
  writeFileSync(file, JSON.stringify({ keys: [{ name: 'local', sha256, targets: ['*'] }] }), { mode: 0o600 });
  giveTo(serviceUser(), file);
  return file;
}
