import { isIP } from 'node:net';
import { InvalidInput, ITSM_FUNCTIONS, WEB_HOST_RULE, webHostOf } from '@muster/contracts';
import { CliError, EXIT } from '../core/exit-codes';
import type { Variables } from './env-file';

export { ITSM_FUNCTIONS };

/** What an administrator is asked. Everything else follows. */
export interface Answers {
  /** Domain of the console, or an IP address where there is no DNS. */
  domain: string;
  baseDomain?: string;
  /** `ITSM_WEB_HOST`: name by which devices and the XMPP server dial the ITSM server, where that is not the domain. */
  webHost?: string;
  /** IP addresses of the ITSM server as devices reach it; none: devices use DNS. */
  addresses: readonly string[];
  /** The same of the XMPP server. */
  xmppAddresses: readonly string[];
  turn: boolean;
  version: string;
  imagePrefix?: string;
}

/** Names of one installation. */
export interface Names {
  itsm: string;
  base: string;
  xmpp: string;
  /** Where browsers find the console. */
  consoleOrigin: string;
  addresses: readonly string[];
  xmppAddresses: readonly string[];
}

/** Names for an installation that has an address only; `.internal` is nobody's in public DNS. */
const WITHOUT_DNS = 'itsm.muster.internal';
/** Whether a name is of an installation without DNS, which browsers reach by its address. */
export const isMadeUp = (name: string): boolean => name.endsWith('.muster.internal');
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/** @throws CliError with one sentence when a name or address cannot be one, or they contradict each other */
export function namesOf(answers: Answers): Names {
  const domain = answers.domain.trim().toLowerCase().replace(/\.$/, '');
  for (const address of [...answers.addresses, ...answers.xmppAddresses]) {
    if (!isIP(address)) throw new CliError(EXIT.usage, `"${address}" is not an IP address.`);
  }
  const byAddress = isIP(domain) > 0;
  const itsm = byAddress ? WITHOUT_DNS : domain;
  if (!isDomain(itsm)) {
    throw new CliError(
      EXIT.usage,
      `"${answers.domain}" is neither a host name with at least two labels nor an IP address.`,
      'For example: --domain on-premise.company.local, or --domain 192.0.2.10.',
    );
  }
  if (byAddress && answers.xmppAddresses.length === 0) {
    throw new CliError(
      EXIT.usage,
      'Without a domain the address of the XMPP server must be known.',
      'Add --xmpp-address ADDRESS.',
    );
  }
  const base = answers.baseDomain?.trim().toLowerCase() ?? itsm.slice(itsm.indexOf('.') + 1);
  if (!isDomain(base, 1)) throw new CliError(EXIT.usage, `"${base}" is not a domain.`);
  refuseWebHost(itsm, base, answers.webHost);
  if (answers.xmppAddresses.length > 0 && answers.xmppAddresses.every((one) => answers.addresses.includes(one))) {
    throw new CliError(
      EXIT.usage,
      'ITSM and XMPP server cannot have the same addresses: both serve port 443.',
      'Give the XMPP server an address of its own.',
    );
  }
  const addresses =
    byAddress && !answers.addresses.includes(domain) ? [domain, ...answers.addresses] : answers.addresses;
  return {
    ...{ itsm, base, xmpp: `xmpp.${base}`, addresses, xmppAddresses: answers.xmppAddresses },
    consoleOrigin: byAddress ? `https://${bracketed(domain)}` : `https://${itsm}`,
  };
}

/** @throws CliError where the certificate or the edge cannot serve that name */
function refuseWebHost(itsm: string, base: string, webHost: string | undefined): void {
  try {
    webHostOf({ ITSM_DOMAIN: itsm, BASE_DOMAIN: base, ITSM_WEB_HOST: webHost });
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const sentence = `"${webHost}" cannot be the name for devices: that is ${WEB_HOST_RULE}.`;
    throw new CliError(EXIT.usage, sentence, `For example: --web-host inside.${base}.`);
  }
}

const isDomain = (name: string, least = 2): boolean => {
  const labels = name.split('.');
  return name.length <= 253 && labels.length >= least && labels.every((label) => LABEL.test(label)) && !isIP(name);
};

export const bracketed = (address: string): string => (isIP(address) === 6 ? `[${address}]` : address);

/** The name by which devices and the XMPP server dial the ITSM server. @param webHost `ITSM_WEB_HOST` */
export const dialledName = ({ itsm }: Names, webHost?: string): string => webHost || itsm;

/**
 * Every name that the ITSM server's certificate must carry for clients to accept it.
 * @param webHost `ITSM_WEB_HOST`, where that is a name of its own
 */
export const itsmNames = ({ itsm, base, addresses }: Names, webHost?: string): string[] => [
  itsm,
  ...(webHost && webHost !== itsm ? [webHost] : []),
  ...ITSM_FUNCTIONS.map((label) => `${label}.${base}`),
  ...addresses,
];
/** What the own CA puts into the ITSM server's certificate: a wildcard also covers relays that come later. */
export const itsmCertificateNames = ({ itsm, base, addresses }: Names): string[] => [itsm, `*.${base}`, ...addresses];
export const xmppNames = ({ xmpp, xmppAddresses }: Names): string[] => [xmpp, ...xmppAddresses];

/** What `.env` says on the ITSM server. */
export const itsmVariables = (names: Names, { version, imagePrefix, turn, webHost }: Answers): Variables => ({
  MUSTER_VERSION: version,
  ...(imagePrefix ? { MUSTER_IMAGE_PREFIX: imagePrefix } : {}),
  ITSM_DOMAIN: names.itsm,
  BASE_DOMAIN: names.base,
  CONSOLE_ORIGIN: names.consoleOrigin,
  ...(webHost ? { ITSM_WEB_HOST: webHost } : {}),
  ITSM_WEB_IP: names.addresses.join(','),
  ITSM_XMPP_HOST: names.xmpp,
  ITSM_XMPP_IP: names.xmppAddresses.join(','),
  XMPP_DOMAIN: names.xmpp,
  ...(turn ? { ITSM_TURN_SERVERS: turnServers(names) } : {}),
});

/** What `.env` says on the XMPP server. */
export const xmppVariables = (names: Names, { version, imagePrefix, turn, webHost }: Answers): Variables => ({
  MUSTER_VERSION: version,
  ...(imagePrefix ? { MUSTER_IMAGE_PREFIX: imagePrefix } : {}),
  ITSM_DOMAIN: names.itsm,
  BASE_DOMAIN: names.base,
  XMPP_DOMAIN: names.xmpp,
  CONSOLE_ORIGIN: names.consoleOrigin,
  ...(webHost ? { ITSM_WEB_HOST: webHost } : {}),
  ITSM_WEB_IP: names.addresses.join(','),
  ITSM_XMPP_IP: names.xmppAddresses.join(','),
  ...(turn ? { COMPOSE_PROFILES: 'turn', ITSM_TURN_SERVERS: turnServers(names) } : {}),
});

const turnServers = ({ xmpp, xmppAddresses }: Names): string => {
  const host = bracketed(xmppAddresses[0] ?? xmpp);
  return `turn:${host}:3478?transport=udp,turn:${host}:3478?transport=tcp`;
};
