import { isIP } from 'node:net';
import { CliError, EXIT } from '../core/exit-codes';
import type { GivenAnswers } from './answers';
import type { Variables } from './env-file';

/** What an earlier setup was told, by its `.env`: a second run asks nothing again. */
export function answersFrom(variables: Variables): GivenAnswers {
  const { ITSM_DOMAIN, BASE_DOMAIN, CONSOLE_ORIGIN, ITSM_WEB_IP, ITSM_XMPP_IP, ITSM_TURN_SERVERS } = variables;
  if (!ITSM_DOMAIN) return {};
  // One that cannot be read is named by the checks of the ground.
  const host = URL.canParse(CONSOLE_ORIGIN ?? '')
    ? new URL(CONSOLE_ORIGIN ?? '').hostname.replace(/^\[|\]$/g, '')
    : ITSM_DOMAIN;
  const list = (text: string | undefined): string[] => (text ?? '').split(',').filter(Boolean);
  return {
    domain: isIP(host) ? host : ITSM_DOMAIN,
    ...(BASE_DOMAIN ? { 'base-domain': BASE_DOMAIN } : {}),
    address: list(ITSM_WEB_IP),
    'xmpp-address': list(ITSM_XMPP_IP),
    turn: Boolean(ITSM_TURN_SERVERS),
    ...(variables['MUSTER_IMAGE_PREFIX'] ? { 'image-prefix': variables['MUSTER_IMAGE_PREFIX'] } : {}),
    ...(variables['MUSTER_VERSION'] ? { release: variables['MUSTER_VERSION'] } : {}),
  };
}

/** Setup adds to `.env` and changes nothing in it. @throws CliError where what is asked for contradicts it */
export function refuseContradictions(file: string, known: Variables, wanted: Variables): void {
  const different = Object.entries(wanted).filter(
    ([name, value]) => known[name] !== undefined && known[name] !== value,
  );
  if (different.length === 0) return;
  const list = different.map(([name, value]) => `${name} is "${known[name]}" and would become "${value}"`).join('; ');
  throw new CliError(
    EXIT.config,
    `${file} says something else than you: ${list}.`,
    'Change the file by hand if that is what you want, then run setup again; or leave the flags out.',
  );
}
