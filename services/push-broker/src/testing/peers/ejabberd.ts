import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXTERNAL_SECRET, EXTERNAL_SERVICES } from './external-services';
import {
  freePorts,
  packageVersion,
  type PeerServer,
  type PeerSettings,
  programOf,
  startServer,
  stopServer,
  until,
  untilListening,
} from './peer-server';

const MODULES = ['mod_ping', 'mod_disco', 'mod_http_api', 'mod_admin_extra'];
const FOR_TRANSCRIPTS = ['mod_client_state', 'mod_time', 'mod_version', 'mod_roster', 'mod_offline', 'mod_caps'];

/**
 * ejabberd from Debian's package, run by `erl` itself with the options of `ejabberdctl`: no node name, so no `epmd` that
 * stays behind, and no user to change to. Passwords are kept in plain text in its own database.
 */
export async function startEjabberd(settings: PeerSettings): Promise<PeerServer> {
  programOf('ejabberd', 'ejabberdctl');
  const erl = programOf('erlang-base', 'erl');
  const [port = 0, startTlsPort = 0, httpPort = 0, certificatePort = 0] = await freePorts(4);
  const config = join(settings.folder, 'ejabberd.yml');
  const users = join(settings.folder, 'users');
  const database = join(settings.folder, 'database');
  mkdirSync(database);
  writeFileSync(config, configuration(settings, { port, startTlsPort, httpPort, certificatePort }));
  writeFileSync(users, settings.users.map(({ name, password }) => `{${binary(name)},${binary(password)}}.\n`).join(''));
  const server = startServer(
    [
      ...[erl, '-noinput', '+K', 'true', '+P', '250000', '-env', 'ERL_CRASH_DUMP_BYTES', '0'],
      ...['-mnesia', 'dir', JSON.stringify(database), '-s', 'ejabberd', '-eval', addUsers(users, settings)],
    ],
    settings.folder,
    {
      EJABBERD_CONFIG_PATH: config,
      EJABBERD_LOG_PATH: join(settings.folder, 'ejabberd.log'),
      ERL_LIBS: '/usr/lib/x86_64-linux-gnu',
      ERL_MAX_PORTS: '65536',
      ERL_MAX_ETS_TABLES: '1400',
    },
  );
  const { child } = server;
  await untilListening(server, port);
  await untilListening(server, httpPort);
  await until(server, 'its accounts were there', () => existsSync(`${users}.done`));
  return {
    name: 'ejabberd',
    version: packageVersion('ejabberd'),
    port,
    startTlsPort,
    httpPort,
    ...(settings.clientAuthority !== undefined && { certificatePort }),
    pid: child.pid ?? 0,
    stop: () => stopServer(child),
  };
}

const binary = (text: string): string => `<<${JSON.stringify(text)}>>`;

/** Writes the accounts right into the table of \`ejabberd_auth_mnesia\`: \`ejabberdctl register\` takes 10 ms for each. */
const addUsers = (file: string, { domain }: PeerSettings): string =>
  `{ok, _} = application:ensure_all_started(ejabberd), {ok, Users} = file:consult(${JSON.stringify(file)}), ` +
  `[mnesia:dirty_write({passwd, {Name, ${binary(domain)}}, Password}) || {Name, Password} <- Users], ` +
  `ok = file:write_file(${JSON.stringify(`${file}.done`)}, <<>>).`;

type Ports = Record<'port' | 'startTlsPort' | 'httpPort' | 'certificatePort', number>;

function configuration(settings: PeerSettings, ports: Ports): string {
  const { port, startTlsPort, httpPort } = ports;
  const forTranscripts = settings.purpose === 'transcripts';
  const modules = forTranscripts ? [...MODULES, ...FOR_TRANSCRIPTS] : MODULES;
  const webSockets = forTranscripts ? ', /xmpp-websocket: ejabberd_http_ws' : '';
  return `loglevel: warning
hosts: [${JSON.stringify(settings.domain)}]
certfiles: [${JSON.stringify(settings.certificate)}]
auth_method: mnesia
auth_password_format: plain
disable_sasl_mechanisms: ["DIGEST-MD5", "X-OAUTH2"]
c2s_protocol_options: [no_sslv3, no_tlsv1, no_tlsv1_1, cipher_server_preference, no_compression]
listen:
  - {port: ${port}, ip: "127.0.0.1", module: ejabberd_c2s, tls: true, max_stanza_size: 262144, backlog: 1024}
  - {port: ${startTlsPort}, ip: "127.0.0.1", module: ejabberd_c2s, starttls_required: true, max_stanza_size: 262144}
${byCertificate(settings, ports)}  - {port: ${httpPort}, ip: "127.0.0.1", module: ejabberd_http, tls: true, request_handlers: {/api: mod_http_api${webSockets}}}
acl: {loopback: {ip: [127.0.0.0/8]}}
access_rules: {c2s: {allow: all}}
api_permissions:
  here: {who: {access: {allow: [{acl: loopback}]}}, what: ["*"]}
modules:
${modules.map((module) => `  ${module}: {}`).join('\n')}
${forTranscripts ? settingsForTranscripts() : ''}`;
}

/** SASL EXTERNAL is offered to clients whose certificate comes from this authority. */
function byCertificate({ clientAuthority }: PeerSettings, { certificatePort }: Ports): string {
  if (clientAuthority === undefined) return '';
  const tls = `tls: true, tls_verify: true, cafile: ${JSON.stringify(clientAuthority)}`;
  return `  - {port: ${certificatePort}, ip: "127.0.0.1", module: ejabberd_c2s, ${tls}}\n`;
}

/** What an ended session did not take waits for the next one; and the services that transcripts ask for. */
function settingsForTranscripts(): string {
  const services = EXTERNAL_SERVICES.map(
    ({ type, host, port, transport, secret }) =>
      `{type: ${type}, host: ${host}, port: ${port}, transport: ${transport}, restricted: ${secret !== undefined}}`,
  );
  return `  mod_stream_mgmt: {resend_on_timeout: true}
  mod_stun_disco:
    secret: ${EXTERNAL_SECRET}
    credentials_lifetime: 3600
    offer_local_services: false
    access: all
    services: [${services.join(', ')}]
`;
}
