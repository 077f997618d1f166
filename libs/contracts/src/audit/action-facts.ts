import { Instant, Nested, OneOf, Text, Uuid } from '../schema/fields';
import type { Principal } from '../wire/principal';

/** Who did something. A `system` actor is the suite itself: a schedule, an expiry. */
export class Actor {
  @OneOf(['person', 'token', 'device', 'system']) kind: 'person' | 'token' | 'device' | 'system';
  @Text({ max: 64, optional: true, about: 'User id, of a token its owner’s; device id.' }) id?: string;
  @Text({ max: 255, about: 'E-mail address, name of the token, name of the device.' }) name: string;
  @Text({ max: 64, optional: true }) address?: string;
}
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

/** A field that was changed, in words. Never a secret. */
export class FieldChange {
  @Text({ max: 64 }) field: string;
  @Text({ max: 1000, optional: true }) before?: string;
  @Text({ max: 1000, optional: true }) after?: string;
}
