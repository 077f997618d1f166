import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { deviceAnchors, serverCertificate, serverKey } from './certificates';
import { BASE_DOMAIN, ITSM_DOMAIN, type Layout } from './layout';
import { copyForAll } from './open-copies';
import type { Part } from './part';
import { findProgram } from './programs';
import { edgeUser } from './users';

/** nginx with the same templates as the container image. */
export function edgePart(layout: Layout, edgeSecret: string): Part {
  const folder = join(layout.data, 'edge');
  const run = join(layout.open, 'edge-run');
  for (const path of [folder, run]) mkdirSync(path, { recursive: true });
  const { ports } = layout;
  const user = edgeUser();
  const openFiles = Math.min(65_536, openFileLimit());
  const templates = join(layout.project, 'deploy/edge/templates');
  const variables: Record<string, string> = {
    USER_DIRECTIVE: user ? `user ${user.name} ${user.group};` : '',
    WORKER_OPEN_FILES: String(openFiles),
    WORKER_CONNECTIONS: String(Math.min(16_384, Math.floor(openFiles / 2))),
    WORKER_PROCESSES: String(Math.min(2, cpus().length)),
    RUN_DIR: run,
    LOG_DIR: layout.logs,
    TEMPLATE_DIR: folder,
    EDGE_HTTPS_PORT: String(ports.https),
    EDGE_HTTP_PORT: String(ports.http),
    IPV6_OFF: existsSync('/proc/net/if_inet6') || process.platform !== 'linux' ? '' : '# ',
    HTTPS_PORT_SUFFIX: `:${ports.https}`,
    ITSM_DOMAIN,
    ITSM_ALIAS: '', // another name of the console's origin
    BASE_DOMAIN,
    BASE_DOMAIN_PATTERN: BASE_DOMAIN.replaceAll('.', '\\.'),
    EDGE_SECRET: edgeSecret,
    SERVER_CERTIFICATE: serverCertificate(layout),
    SERVER_KEY: serverKey(layout),
    DEVICE_ANCHORS: deviceAnchors(layout),
    CONSOLE_ROOT: consoleRoot(layout),
    WEB_MANAGER_UPSTREAM: `127.0.0.1:${ports.webManager}`,
    WEB_WORKER_UPSTREAM: `127.0.0.1:${ports.webWorker}`,
    KEY_MANAGER_UPSTREAM: `127.0.0.1:${ports.keyManager}`,
    RMM_LOGS_UPSTREAM: `127.0.0.1:${ports.rmmLogs}`,
    PLUGINS_UPSTREAM: `127.0.0.1:${ports.plugins}`,
    AUDIT_LOGS_UPSTREAM: `127.0.0.1:${ports.auditLogs}`,
    DOWNLOADS_UPSTREAM: `127.0.0.1:${ports.downloads}`,
    BIP_UPSTREAM: `127.0.0.1:${ports.bip}`,
    NATS_LEAF_UPSTREAM: `127.0.0.1:${ports.natsHubLeaf}`,
    PERSON_REQUESTS_PER_SECOND: '50',
    PERSON_BURST: '200',
    DEVICE_REQUESTS_PER_SECOND: '20',
    DEVICE_BURST: '100',
    DEVICE_REQUESTS_AT_ONCE: '256',
  };
  for (const template of readdirSync(templates)) {
    const text = render(readFileSync(join(templates, template), 'utf8'), variables);
    writeFileSync(join(folder, basename(template, '.template')), text, { mode: 0o600 });
  }
  return {
    name: 'edge',
    file: findProgram('nginx') ?? 'nginx',
    args: ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(layout.logs, 'error.log')],
    env: { PATH: process.env['PATH'] ?? '' },
    needs: [],
    ready: () => answers(ports.https, readFileSync(deviceAnchors(layout))),
    stopSignal: 'SIGTERM', // fast: a WebSocket of the leaf node would hold up an orderly one
  };
}

/** @throws Error naming a variable that a template uses and nobody gave */
export function render(template: string, variables: Record<string, string>): string {
  return template.replace(/\$\{([A-Z][A-Z0-9_]*)\}/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`the edge template uses \${${name}}, which is not set.`);
    return value;
  });
}

/** A copy of the built console: nginx's workers may read it, and a build does not change what runs. */
function consoleRoot(layout: Layout): string {
  const copied = join(layout.open, 'console');
  copyForAll(join(layout.project, 'console/dist'), copied);
  return copied;
}

/** How many files a process of this user may open at most; a worker may not ask for more. */
function openFileLimit(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Infinity : Number(limit);
}

function answers(port: number, ca: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(
      { host: '127.0.0.1', port, servername: ITSM_DOMAIN, headers: { host: ITSM_DOMAIN }, ca, path: '/', agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    call.setTimeout(2000, () => call.destroy());
    call.once('error', () => resolve(false));
    call.once('close', () => resolve(false));
    call.end();
  });
}
