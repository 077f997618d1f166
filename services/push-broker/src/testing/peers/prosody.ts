import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  freePorts,
  packageVersion,
  type PeerServer,
  type PeerSettings,
  programOf,
  startServer,
  stopServer,
  untilListening,
} from './peer-server';

/** Enough to sign in, be present, be pinged and get messages. */
const MODULES = ['saslauth', 'tls', 'ping', 'disco'];
const FOR_TRANSCRIPTS = ['smacks', 'csi', 'time', 'version', 'roster'];

/**
 * Prosody from Debian's package, with the generational garbage collector (the default one costs more than twice the
 * processor time). Passwords are kept in plain text, so that a login costs no PBKDF2: the cheapest way that it has.
 */
export async function startProsody(settings: PeerSettings): Promise<PeerServer> {
  const program = programOf('prosody');
  const [port = 0, startTlsPort = 0] = await freePorts(2);
  const config = join(settings.folder, 'prosody.cfg.lua');
  writeFileSync(config, configuration(settings, port, startTlsPort));
  writeUsers(settings);
  const server = startServer([program, '-F', '--config', config], settings.folder, {});
  await untilListening(server, port);
  return {
    name: 'prosody',
    version: packageVersion('prosody'),
    port,
    startTlsPort,
    pid: server.child.pid ?? 0,
    stop: () => stopServer(server.child),
  };
}

const list = (items: readonly string[]): string => `{ ${items.map((item) => JSON.stringify(item)).join('; ')} }`;

function configuration(settings: PeerSettings, port: number, startTlsPort: number): string {
  const forTranscripts = settings.purpose === 'transcripts';
  const modules = forTranscripts ? [...MODULES, ...FOR_TRANSCRIPTS] : MODULES;
  return `run_as_root = true
daemonize = false
certificates = "."
data_path = ${JSON.stringify(settings.folder)}
pidfile = ${JSON.stringify(join(settings.folder, 'prosody.pid'))}
log = { { levels = { min = "warn" }; to = "console" } }
gc = { mode = "generational" }
network_settings = { tcp_backlog = 1024 }
interfaces = { "127.0.0.1" }
c2s_ports = { ${startTlsPort} }
c2s_direct_tls_ports = { ${port} }
c2s_require_encryption = true
s2s_ports = { }
modules_enabled = ${list(modules)}
modules_disabled = ${list(forTranscripts ? ['s2s'] : ['s2s', 'offline'])}
authentication = "internal_plain"
ssl = { key = ${JSON.stringify(settings.certificate)}; certificate = ${JSON.stringify(settings.certificate)} }
VirtualHost ${JSON.stringify(settings.domain)}
`;
}

/** \`internal_plain\` keeps each account in a file of its own: faster written than registered. */
function writeUsers({ folder, domain, users }: PeerSettings): void {
  const accounts = join(folder, encoded(domain), 'accounts');
  mkdirSync(accounts, { recursive: true });
  for (const { name, password } of users)
    writeFileSync(join(accounts, `${encoded(name)}.dat`), `return { ["password"] = ${JSON.stringify(password)}; };\n`);
}

/** Names of files as Prosody's internal storage makes them. */
const encoded = (name: string): string =>
  name.replace(/[^A-Za-z0-9]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
