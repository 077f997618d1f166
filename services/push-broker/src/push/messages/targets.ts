import { InvalidInput, type Push, type PushOutcome, type PushReason } from '@muster/contracts';
import type { Jid } from '../../core/jid';
import type { Client } from '../clients/client';
import type { Groups } from '../groups';
import { addressOf } from './compose';

/** Where one copy goes, or why it does not. `to` is what the caller called it. */
export type Target =
  { to: string; jid: Jid } | { to: string; jid?: undefined; outcome: PushOutcome; reason: PushReason };

/**
 * Whom a push names, each once, in the order of the request; accounts before the members of groups.
 * @throws InvalidInput when it names nobody, or in two ways that exclude each other
 */
export function targetsOf(
  push: Push,
  named: string | undefined,
  client: Client,
  { domain, groups }: { domain: string; groups: Groups },
  field: string,
): Target[] {
  const given = push.to !== undefined || push.groups !== undefined;
  const agrees = push.to?.length === 1 && push.to[0] === named && push.groups === undefined;
  if (given === (named !== undefined) && !agrees) {
    const problem = given ? 'stands in the stanza already' : 'is needed, or else groups, or an addressee in the stanza';
    throw new InvalidInput([{ field: `${field}to`, problem }]);
  }
  const targets = new Map<string, Target>();
  const add = (key: string, target: Target): void => {
    if (!targets.has(key)) targets.set(key, target);
  };
  for (const to of named === undefined ? (push.to ?? []) : [named]) {
    const target = addressed(to, addressOf(to, domain), client, { domain, groups });
    add(target.jid?.toString() ?? to, target);
  }
  for (const name of push.groups ?? []) {
    const members = groups.members(name);
    const to = `group:${name}`;
    if (!client.reach.reachesGroup(name)) add(to, { to, outcome: 'refused', reason: 'not-allowed' });
    else if (!members) add(to, { to, outcome: 'unknown', reason: 'unknown-group' });
    else for (const jid of members) add(jid.bare, { to: jid.bare, jid });
  }
  return [...targets.values()];
}

/** One addressee that a request names. */
export function addressed(
  to: string,
  jid: Jid | undefined,
  client: Client,
  { domain, groups }: { domain: string; groups: Groups },
): Target {
  if (!jid) return { to, outcome: 'refused', reason: 'not-an-address' };
  if (jid.domain !== domain) return { to, outcome: 'refused', reason: 'other-domain' };
  if (!client.reach.reaches(jid, groups)) return { to, outcome: 'refused', reason: 'not-allowed' };
  return { to, jid };
}
