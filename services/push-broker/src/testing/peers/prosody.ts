import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXTERNAL_SERVICES } from './external-services';
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
const FOR_TRANSCRIPTS = [
  ...['smacks', 'csi_simple', 'time', 'version', 'roster'],
  ...['websocket', 'external_services'],
];

/**
 * Prosody from Debian's package, with the generational garbage collector (the default one costs more than twice the
 * processor time). Passwords are kept in plain text, so that a login costs no PBKDF2: the cheapest way that it has.
 */
export async function startProsody(settings: PeerSettings): Promise<PeerServer> {
  const program = programOf('prosody');
  const [port = 0, startTlsPort = 0, httpPort = 0] = await freePorts(3);
  const config = join(settings.folder, 'prosody.cfg.lua');
  const forTranscripts = settings.purpose === 'transcripts';
  const more = forTranscripts ? transcriptsConfiguration(settings, httpPort) : '';
  writeFileSync(config, configuration(settings, port, startTlsPort, more));
  writeUsers(settings);
  const server = startServer([program, '-F', '--config', config], settings.folder, {});
  await untilListening(server, port);
  return {
    name: 'prosody',
    version: packageVersion('prosody'),
    port,
    startTlsPort,
    ...(forTranscripts && { httpPort }),
    pid: server.child.pid ?? 0,
    stop: () => stopServer(server.child),
  };
}

const list = (items: readonly string[]): string => `{ ${items.map((item) => JSON.stringify(item)).join('; ')} }`;

function configuration(settings: PeerSettings, port: number, startTlsPort: number, more: string): string {
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
${more}VirtualHost ${JSON.stringify(settings.domain)}
`;
}

/** WebSockets, and the services that transcripts ask for. */
function transcriptsConfiguration({ certificate, folder }: PeerSettings, httpPort: number): string {
  const services = EXTERNAL_SERVICES.map(
    ({ type, host, port, transport, secret }) =>
      `{ type = "${type}"; host = "${host}"; port = ${port}; transport = "${transport}"` +
      (secret === undefined ? ' }' : `; secret = "${secret}"; algorithm = "turn"; ttl = 3600; username = "somebody" }`),
  );
  return `http_ports = { }
https_ports = { ${httpPort} }
https_interfaces = { "127.0.0.1" }
https_ssl = { key = ${JSON.stringify(certificate)}; certificate = ${JSON.stringify(certificate)} }
http_files_dir = ${JSON.stringify(folder)}
csi_resume_inactive_delay = 0
external_services = { ${services.join('; ')} }
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
