import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ServerCertificate } from '../certificates/inspect';
import type { TlsPlace } from '../certificates/served';
import { serverTrustIn, type ServerTrust } from '../certificates/server-trust';
import { type ExpectedName, type Lookup } from '../checks/names';
import { turnPlaces, type TurnPlace } from '../checks/turn';
import { CliError, EXIT } from '../core/exit-codes';
import { dialledName, type Names, itsmNames, namesOf, xmppNames } from '../setup/plan';
import { answersFrom } from '../setup/existing';
import { expectedNames } from '../setup/ground';
import { readEnvFile } from '../setup/env-file';
import { authorityFolder, certificatePlaces, serverRootsFolder } from '../setup/server-files';
import { ComposeStack } from '../stack/compose-stack';
import { LocalStack } from '../stack/local-stack';
import type { Stack } from '../stack/stack';
import { Commands } from './commands';
import { findServerFolder, type ServerKind } from './server-folder';

/** What is set up on this machine, and where the other server is. */
export interface Site {
  kind: 'itsm' | 'xmpp' | 'local';
  folder: string;
  stack: Stack;
  names: ExpectedName[];
  lookup?: Lookup;
  /** With the place where each is served. */
  certificates: { certificate: ServerCertificate; place: TlsPlace }[];
  /** Parts that are NATS servers, and the one at which leaf nodes are seen. */
  nats: { parts: string[]; leafAt: string; hub?: string };
  itsm: { host: string; port: number; name: string };
  xmpp: { host: string; port: number; domain: string; pushPort: number; pushOn: boolean };
  turn: TurnPlace[];
  /** A TURN server is part of this stack. */
  turnHere: boolean;
  /** PEM of roots that the link between the servers trusts; none: the public ones. Absent where no link begins. */
  hubRoots?: string[];
  /** PEM of the own CA's roots, which devices trust. */
  roots: string[];
  /** Whom devices accept as servers besides. */
  trust: ServerTrust;
  backups: string;
}

export interface SiteOptions {
  dir?: string;
  local?: string;
}

/** Finds the installation. @throws CliError when there is none, or nothing to look at but coturn */
export function openSite({ dir, local }: SiteOptions, commands = new Commands()): Site {
  if (local !== undefined) return localSite(resolve(local));
  const found = findServerFolder(dir);
  if ('path' in found) {
    if (found.kind !== 'turn') return composeSite(found.path, found.kind, commands);
    throw new CliError(
      EXIT.usage,
      `${found.path} is the folder of a TURN server alone, of which this verb knows nothing.`,
      'Use "muster compose" there (to upgrade it: MUSTER_VERSION in .env, then "muster compose up --detach"), or name the folder of another server with --dir DIR.',
    );
  }
  if (dir === undefined && LocalStack.isIn('.muster')) return localSite(resolve('.muster'));
  throw new CliError(
    EXIT.config,
    `Nothing is set up in ${found.lookedAt.join(', ')}.`,
    'Run "muster setup", or name the folder of the stack with --dir DIR, or of the local stack with --local DIR.',
  );
}

function composeSite(folder: string, kind: Exclude<ServerKind, 'turn'>, commands: Commands): Site {
  const variables = readEnvFile(join(folder, '.env'));
  const names = namesIn(join(folder, '.env'), variables);
  const dialled = dialledName(names, variables['ITSM_WEB_HOST']);
  // People open the console by the domain; the XMPP server may not know that.
  const looksFor = kind === 'itsm' ? names.itsm : dialled;
  const published = (variable: string, usual: number): number =>
    Number((variables[variable] || String(usual)).split(':').at(-1));
  const roots = rootsIn(
    kind === 'itsm'
      ? join(authorityFolder(folder, variables), 'roots')
      : join(certificatePlaces.xmpp(folder, variables).devices),
  );
  const trust = serverTrustIn(serverRootsFolder(kind, folder, variables));
  const places = certificatePlaces[kind](folder, variables);
  const here = kind === 'itsm' ? published('EDGE_PUBLISH', 443) : published('XMPP_PUBLISH', 443);
  const certificate: ServerCertificate = {
    ...{ file: places.certificate, keyFile: places.key, roots: [...roots, ...trust.roots] },
    names: kind === 'itsm' ? itsmNames(names, variables['ITSM_WEB_HOST']) : xmppNames(names),
  };
  return {
    ...{ kind, folder, stack: new ComposeStack(folder, commands), roots, trust },
    names: expectedNames(names, kind, variables['ITSM_WEB_HOST']),
    certificates: [
      {
        certificate,
        place: {
          ...{ host: '127.0.0.1', port: here, serverName: kind === 'itsm' ? names.itsm : names.xmpp },
          ...(kind === 'xmpp' ? { alpn: ['xmpp-client'] } : {}),
        },
      },
    ],
    nats: { parts: ['nats'], leafAt: 'nats', hub: dialled },
    itsm: { host: names.addresses[0] ?? looksFor, port: Number(variables['EDGE_PORT'] || 443), name: looksFor },
    xmpp: {
      host: kind === 'xmpp' ? '127.0.0.1' : (names.xmppAddresses[0] ?? names.xmpp),
      port: kind === 'xmpp' ? here : Number(variables['XMPP_PORT'] || 443),
      domain: names.xmpp,
      pushPort: published('PUSH_PUBLISH', 8080),
      pushOn: kind === 'xmpp' && Boolean(variables['PUSH_KEYS_FILE']),
    },
    turn: turnPlaces(variables['ITSM_TURN_SERVERS'] ?? ''),
    turnHere: (variables['COMPOSE_PROFILES'] ?? '').split(',').includes('turn'),
    ...(kind === 'xmpp' ? { hubRoots: textsOf(certificatePlaces.xmpp(folder, variables).hub) } : {}),
    backups: resolve(folder, variables['BACKUP_DIR'] || 'backups'),
  };
}

/** @throws CliError with one sentence where the file lacks what everything derives from, or contradicts itself */
function namesIn(file: string, variables: Readonly<Record<string, string>>): Names {
  if (!variables['ITSM_DOMAIN']) {
    throw new CliError(
      EXIT.config,
      `${file} does not say ITSM_DOMAIN.`,
      'Run "muster setup": it adds what is missing.',
    );
  }
  try {
    return namesOf({
      ...{ domain: variables['ITSM_DOMAIN'], addresses: [], xmppAddresses: [], turn: false, version: '' },
      ...fieldsOf(variables),
    });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(EXIT.config, `${file} contradicts itself: ${error.message}`, 'Correct it.', { cause: error });
  }
}

/** As setup understood the same file. */
function fieldsOf(variables: Readonly<Record<string, string>>): {
  addresses: string[];
  xmppAddresses: string[];
  baseDomain?: string;
  domain?: string;
} {
  const answers = answersFrom(variables);
  return {
    addresses: answers.address ?? [],
    xmppAddresses: answers['xmpp-address'] ?? [],
    ...(answers['base-domain'] ? { baseDomain: answers['base-domain'] } : {}),
    // An XMPP server's file does not name the console's address, nor need it.
    ...(answers.domain && answers['xmpp-address']?.length ? { domain: answers.domain } : {}),
  };
}

const textsOf = (file: string): string[] => (existsSync(file) ? [readFileSync(file, 'utf8')] : []);

function rootsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.crt') || name.endsWith('.pem'));
  return names.sort().map((name) => readFileSync(join(folder, name), 'utf8'));
}

const localServerRoots = ({ caFile }: LocalStack): string => join(caFile, '..', '..', 'server-roots');

const LOCAL = '127.0.0.1';
const LOCAL_BASE = 'muster.localhost';

/** Both servers of the local stack are this machine. */
function localSite(data: string): Site {
  const stack = new LocalStack(data);
  const port = (offset: number): number => stack.basePort + offset;
  const folder = join(stack.caFile, '..', '..');
  const certificates = existsSync(join(data, 'certificates'))
    ? join(data, 'certificates')
    : join(folder, '..', 'certificates');
  const roots = [readFileSync(stack.caFile, 'utf8')];
  const names: Pick<Names, 'itsm' | 'xmpp'> = { itsm: `itsm.${LOCAL_BASE}`, xmpp: `xmpp.${LOCAL_BASE}` };
  const file = join(certificates, 'cert.crt');
  return {
    ...{ kind: 'local', folder: data, stack, names: [], roots, trust: serverTrustIn(localServerRoots(stack)) },
    certificates: [
      {
        certificate: {
          file,
          keyFile: join(certificates, 'cert.key'),
          names: [names.itsm, `work.${LOCAL_BASE}`, LOCAL],
          roots,
        },
        place: { host: LOCAL, port: port(443), serverName: names.itsm },
      },
      {
        certificate: {
          file: join(certificates, 'xmpp.pem'),
          keyFile: join(certificates, 'xmpp.pem'),
          names: [names.xmpp],
          roots,
        },
        place: { host: LOCAL, port: port(444), serverName: names.xmpp, alpn: ['xmpp-client'] },
      },
    ],
    nats: { parts: ['nats-hub', 'nats-leaf'], leafAt: 'nats-hub', hub: names.itsm },
    itsm: { host: LOCAL, port: port(443), name: names.itsm },
    xmpp: { host: LOCAL, port: port(444), domain: names.xmpp, pushPort: port(480), pushOn: true },
    turn: [{ host: LOCAL, port: port(478) }],
    turnHere: true,
    backups: join(data, 'backups'),
  };
}
