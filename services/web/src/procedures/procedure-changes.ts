import { createHash } from 'node:crypto';
import { type FieldChange, fieldChanges, type SaveProcedure } from '@muster/contracts';

/**
 * What differs between two versions of a procedure. Scripts are named by their digest, and of parameters no default value
 * is told: either may hold a secret.
 */
export function procedureChanges(before: SaveProcedure, after: SaveProcedure): FieldChange[] {
  const readable = fieldChanges(before, after, ['name', 'description', 'language', 'timeLimitSeconds']);
  const script = before.script !== after.script;
  const parameters = JSON.stringify(before.parameters) !== JSON.stringify(after.parameters);
  return [
    ...readable,
    ...(script ? [{ field: 'script', before: digestOf(before.script), after: digestOf(after.script) }] : []),
    ...(parameters ? [{ field: 'parameters', before: namesOf(before), after: namesOf(after) }] : []),
  ];
}

const digestOf = (text: string): string => `SHA-256 ${createHash('sha256').update(text).digest('hex')}`;
const namesOf = ({ parameters }: SaveProcedure): string =>
  parameters
    .map(({ name }) => name)
    .join(', ')
    .slice(0, 1000);
