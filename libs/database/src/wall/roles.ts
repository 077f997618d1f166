import { identifier } from '../identifier';

/** The three roles of a schema: who owns it, who works with it, and who may read across organisations. */
export function rolesOf(schema: string): { owner: string; app: string; across: string } {
  const name = identifier(schema);
  return { owner: `muster_${name}_owner`, app: `muster_${name}_app`, across: `muster_${name}_across` };
}
