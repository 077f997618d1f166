import type { Actor, ActionFact, AuditTarget, BusEvent, FieldChange } from '@muster/contracts';
import { cut, type Draft } from '../chain/draft';

/** How one kind of fact becomes an entry. */
export interface FactMapping<T extends ActionFact = ActionFact> {
  event: BusEvent<T>;
  draft(payload: T): Draft;
}

/** What a mapping says about a fact; the rest follows from the event. */
export interface FactWords<T> {
  /** Who did it; the fact's own `actor` when absent. */
  actor?: (payload: T) => Draft['actor'];
  target?: (payload: T) => AuditTarget;
  details?: (payload: T) => Draft['details'];
  outcome?: Draft['outcome'] | ((payload: T) => Draft['outcome']);
}

/** The suite itself, where nobody else did something. */
export const SYSTEM: Actor = { kind: 'system', name: 'Muster' };

/** The action is the event's subject without its version: `user.created.v1` is `user.created`. */
export const actionOf = ({ subject }: Pick<BusEvent, 'subject'>): string => subject.replace(/\.v\d+$/, '');

export function fact<T extends ActionFact & { actor?: Actor }>(
  event: BusEvent<T>,
  { actor, target, details, outcome = 'done' }: FactWords<T> = {},
): FactMapping {
  const mapping: FactMapping<T> = {
    event,
    draft: (payload) => ({
      at: payload.at,
      actor: actor?.(payload) ?? payload.actor ?? SYSTEM,
      action: actionOf(event),
      outcome: typeof outcome === 'function' ? outcome(payload) : outcome,
      ...(target ? { target: target(payload) } : {}),
      details: details?.(payload) ?? [],
    }),
  };
  return mapping as unknown as FactMapping;
}

const LONGEST_SIDE = 990;

/** Changed fields as details: what it was and what it is. */
export const changes = (fields: readonly FieldChange[]): Draft['details'] =>
  fields.map(({ field, before, after }) => ({ name: field, value: `${side(before)} → ${side(after)}` }));

const side = (value: string | undefined): string =>
  value === undefined || value === '' ? '–' : cut(value, LONGEST_SIDE);
