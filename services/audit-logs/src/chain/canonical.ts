import { createHash } from 'node:crypto';
import type { Actor, AuditDetail, AuditEntry, AuditTarget } from '@muster/contracts';

/** Everything of an entry that its hash covers. */
export type EntryContent = Omit<AuditEntry, 'hash'>;

/**
 * The text of an entry that is hashed: its JSON without `hash`, in the form of RFC 8785 (JSON Canonicalization Scheme).
 * Since there are no fractions in it, that says: UTF-8, no white space, the fields of every object in alphabetical order,
 * fields without a value left out, in strings only `"`, `\` and control characters below U+0020 escaped (`\b \t \n \f \r`
 * by name, the others as `\u00xx`). `at` is in UTC with milliseconds and `Z`.
 */
export function canonicalText(entry: EntryContent): string {
  return JSON.stringify({
    action: entry.action,
    actor: actorInOrder(entry.actor),
    at: entry.at,
    correlationId: entry.correlationId,
    details: entry.details.map(({ name, value }: AuditDetail) => ({ name, value })),
    number: entry.number,
    outcome: entry.outcome,
    target: entry.target && targetInOrder(entry.target),
  });
}

const actorInOrder = ({ address, id, kind, name }: Actor) => ({ address, id, kind, name });
const targetInOrder = ({ id, kind, name }: AuditTarget) => ({ id, kind, name });

/**
 * Hash of an entry, lower-case hex: SHA-256 over the 64 hex digits of the hash before it, followed directly by the
 * entry's canonical text in UTF-8.
 */
export const linkHash = (before: string, entry: EntryContent): string =>
  createHash('sha256').update(before).update(canonicalText(entry), 'utf8').digest('hex');

/** What stands before entry 1: SHA-256 of `muster-audit.v1`, a line feed and the organisation's id. No chain fits another. */
export const genesisHash = (organisationId: string): string =>
  createHash('sha256').update(`muster-audit.v1\n${organisationId}`).digest('hex');
