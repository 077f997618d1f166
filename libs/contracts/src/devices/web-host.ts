import { InvalidInput } from '../schema/parse';

/** Functions of the ITSM server that have a host name of their own, directly below the base domain. */
export const ITSM_FUNCTIONS = [
  'work',
  'rmm-api',
  'plugins-api',
  'plugins',
  'auditlogs-api',
  'dl',
  'rtdc-api',
  'rtdc-relay-01',
  'bip',
] as const;

/** Variables of an ITSM server's names; an empty one counts as absent. */
export interface WebHostVariables {
  ITSM_DOMAIN: string;
  BASE_DOMAIN?: string;
  ITSM_WEB_HOST?: string;
}

/** What `ITSM_WEB_HOST` has to be, for sentences. */
export const WEB_HOST_RULE = 'ITSM_DOMAIN, or a name of its own directly below BASE_DOMAIN';

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const OTHERS = /^(xmpp|rtdc-relay-\d+)$/;

/**
 * Host name by which devices enrol and renew, and by which the XMPP server's NATS dials the hub: `ITSM_WEB_HOST`, or
 * `ITSM_DOMAIN` where that is absent. Below the base domain, since that is what the server's certificate is for; and no
 * function's name, since the edge serves something else there.
 * @throws InvalidInput where it is neither
 */
export function webHostOf({ ITSM_DOMAIN: domain, BASE_DOMAIN, ITSM_WEB_HOST: given }: WebHostVariables): string {
  if (!given || given === domain) return domain;
  const base = BASE_DOMAIN || domain.slice(domain.indexOf('.') + 1);
  const label = given.endsWith(`.${base}`) ? given.slice(0, -base.length - 1) : '';
  const taken = OTHERS.test(label) || ITSM_FUNCTIONS.some((name) => name === label);
  if (LABEL.test(label) && !taken) return given;
  throw new InvalidInput([{ field: 'ITSM_WEB_HOST', problem: `must be ${WEB_HOST_RULE}` }]);
}
