import type { Actor, AuditDetail, AuditTarget } from '@muster/contracts';
import type { EntryContent } from './canonical';

/** What shall become an entry. A device that acts or is acted on may lack its name: the chain fills it in. */
export interface Draft {
  at: string;
  actor: Omit<Actor, 'name'> & { name?: string };
  action: string;
  outcome: 'done' | 'refused' | 'failed';
  target?: AuditTarget;
  details: AuditDetail[];
  correlationId?: string;
  /** Names the message that it came with: a second one is dropped. Absent where repetitions are told apart otherwise. */
  messageId?: string;
}

const LONGEST_DETAIL = 2000;
const LONGEST_NAME = 255;

/** Details out of values; what is undefined is left out. Long texts are cut where the contract ends. */
export const detailsOf = (values: Record<string, string | number | boolean | undefined>): AuditDetail[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: cut(String(value), LONGEST_DETAIL) }],
  );

/** The first characters of a text, never half of a surrogate pair. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, '');

const OLDEST = Date.parse('1970-01-01T00:00:00.000Z');
const NEWEST = Date.parse('9999-12-31T23:59:59.999Z');

/** A time in the one form that entries have; the given moment where the text is none that they can. */
export function instantOf(text: string, otherwise = new Date()): string {
  const time = Date.parse(text);
  return (time >= OLDEST && time <= NEWEST ? new Date(time) : otherwise).toISOString();
}

/** A draft whose names are filled in, as the content of an entry. */
export function contentOf(draft: Draft, number: number): EntryContent {
  const { actor, target, details, correlationId } = draft;
  return {
    number,
    at: instantOf(draft.at),
    actor: {
      kind: actor.kind,
      ...(actor.id ? { id: actor.id } : {}),
      name: cut(actor.name ?? actor.id ?? actor.kind, LONGEST_NAME),
      ...(actor.address ? { address: actor.address } : {}),
    },
    action: draft.action,
    outcome: draft.outcome,
    ...(target ? { target: targetOf(target) } : {}),
    details: details.map(({ name, value }) => ({ name, value })),
    ...(correlationId ? { correlationId } : {}),
  };
}

const targetOf = ({ kind, id, name }: AuditTarget): AuditTarget => ({
  kind,
  ...(id ? { id } : {}),
  ...(name ? { name: cut(name, LONGEST_NAME) } : {}),
});
