import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startNats, TestAuthority, type TestNats } from '@muster/testing';
import type { StandaloneArguments } from './arguments';

/** Everything that a broker needs around it, made for one run. */
export interface Surroundings {
  nats: TestNats;
  /** Configuration of the broker. */
  environment: Record<string, string>;
  /** What whoever uses the broker has to know. */
  told: Record<string, unknown>;
  remove(): Promise<void>;
}

/** @throws when a file cannot be used or nats-server does not start */
export async function makeSurroundings(given: StandaloneArguments): Promise<Surroundings> {
  readFileSync(given.users);
  const authority = await TestAuthority.create();
  const certificate = given.certificate ?? (await selfMadeCertificate(authority, given.domain));
  const anchors =
    given.anchors !== undefined && existsSync(given.anchors) ? given.anchors : join(authority.dir, 'roots');
  const { port, starttlsPort, webSocketPort, pushPort } = given.ports;
  const push = pushKeys(given, authority.dir);
  const nats = await startNats({ services: ['push-broker'] });
  const { url, user, password } = nats.credentials('push-broker');
  return {
    nats,
    told: {
      domain: given.domain,
      ...(given.certificate === undefined ? { ca: join(authority.dir, 'roots/root-1.crt') } : {}),
      deviceAuthority: join(authority.dir, 'issuing/devices'),
      ...(push.key === undefined ? {} : { pushKey: push.key }),
    },
    environment: {
      NATS_URL: url,
      NATS_USER: user,
      NATS_PASSWORD: password,
      EDGE_SECRET: randomBytes(16).toString('hex'),
      LOG_LEVEL: 'warn',
      // Load comes from few senders, which the limits of a device would slow down.
      XMPP_BYTES_PER_SECOND: '50000000',
      XMPP_BURST_BYTES: '50000000',
      ...passedOn(),
      XMPP_DOMAIN: given.domain,
      XMPP_HOST: given.host,
      XMPP_PORT: String(port),
      XMPP_STARTTLS_PORT: String(starttlsPort || (await freePort())),
      XMPP_WEBSOCKET_PORT: String(webSocketPort || (await freePort())),
      XMPP_CERT_FILE: certificate,
      XMPP_DEVICE_ANCHORS_FILE: anchors,
      XMPP_USERS_FILE: given.users,
      PUSH_HOST: given.host,
      PUSH_PORT: String(pushPort || (await freePort())),
      PUSH_KEYS_FILE: push.file,
      NODE_NAME: 'standalone',
      NODE_STATE_DIR: join(authority.dir, 'state'),
    },
    remove: async () => {
      await nats.stop();
      authority.remove();
    },
  };
}

async function selfMadeCertificate(authority: TestAuthority, domain: string): Promise<string> {
  const { chain, key } = await authority.server([domain, 'localhost', '127.0.0.1']);
  const file = join(authority.dir, `${domain}.pem`);
  writeFileSync(file, `${key}\n${chain}`, { mode: 0o600 });
  return file;
}

/** A file as the push service reads it: the given one, or made from lines, or with one key that is told. */
function pushKeys({ pushKeys: given, domain }: StandaloneArguments, folder: string): { file: string; key?: string } {
  const key = randomBytes(24).toString('base64url');
  const text = given === undefined ? `standalone:${key}` : readFileSync(given, 'utf8');
  if (given !== undefined && text.trimStart().startsWith('{')) return { file: given };
  const keys = text
    .split('\n')
    .filter((line) => line.includes(':'))
    .map((line) => {
      const colon = line.indexOf(':');
      const sha256 = createHash('sha256')
        .update(line.slice(colon + 1).trim())
        .digest('hex');
      return { name: line.slice(0, colon), sha256, targets: ['*'], from: [domain] };
    });
  const file = join(folder, 'push-keys.json');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify({ keys }), { mode: 0o600 });
  return { file, ...(given === undefined ? { key } : {}) };
}

/** Settings that whoever starts this gave in the environment. */
function passedOn(): Record<string, string> {
  const names = /^(XMPP_|PUSH_|TURN_|ITSM_|LOG_LEVEL$|SHUTDOWN_SECONDS$)/;
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => names.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}
