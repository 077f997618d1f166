import { Instant, Nested, OneOf, Text, Uuid } from '../schema/fields';
import type { Principal } from '../wire/principal';

/** Who did something. A `system` actor is the suite itself: a schedule, an expiry. */
export class Actor {
  @OneOf(['person', 'token', 'device', 'system']) kind: 'person' | 'token' | 'device' | 'system';
  @Text({ max: 64, optional: true, about: 'User id, of a token its owner’s; device id.' }) id?: string;
  @Text({ max: 255, about: 'E-mail address, name of the token, name of the device.' }) name: string;
  @Text({ max: 64, optional: true }) address?: string;
}
/** What nobody asked for: the suite does it by itself. */
export const SUITE: Actor = { kind: 'system', name: 'Muster' };

/** What every fact about an action has. */
export class ActionFact {
  @Uuid() organisationId: string;
  @Instant() at: string;
}
/** A fact that somebody caused. */
export class PersonFact extends ActionFact {
  @Nested(() => Actor) actor: Actor;
}

/** The one who called, as facts name them. */
export const actorOf = ({ kind, id, name }: Principal, address: string): Actor => ({ kind, id, name, address });

/** Who called a route, or on whose behalf another service asked: then there is no address. */
export interface Caller {
  principal: Principal;
  address?: string;
}
/** What every fact has that this person causes now. */
export const factBy = ({ principal, address }: Caller): PersonFact => ({
  organisationId: principal.organisationId,
  at: new Date().toISOString(),
  actor: { ...actorOf(principal, ''), address: address?.slice(0, 64) },
});

/** A field that was changed, in words. Never a secret. */
export class FieldChange {
  @Text({ max: 64 }) field: string;
  @Text({ max: 1000, optional: true }) before?: string;
  @Text({ max: 1000, optional: true }) after?: string;
}

const LONGEST_VALUE = 1000;

/** What differs between two versions of something, as text. Leave out what is secret or too long to be read. */
export function fieldChanges<T extends object>(
  before: T,
  after: T,
  fields: readonly (keyof T & string)[],
): FieldChange[] {
  return fields.flatMap((field) => {
    const [was, is] = [inWords(before[field]), inWords(after[field])];
    return was === is ? [] : [{ field, before: was, after: is }];
  });
}

function inWords(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // Whole characters only: half a surrogate pair is no text.
  return text.length <= LONGEST_VALUE ? text : text.slice(0, LONGEST_VALUE).replace(/[\ud800-\udbff]$/, '');
}
