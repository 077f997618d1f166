import { Flag, Instant, List, nested, OneOf, Text, Uuid, Whole } from '../schema/fields';
import { ById, PlaceQuery } from '../wire/page';
import { defineRoute, may } from '../wire/route';
import { procedureChanged, procedureCreated, procedureDeleted } from './operation-events';

const own = { service: 'web', face: 'manager' } as const;

export const LANGUAGES = ['sh', 'bash', 'python', 'powershell'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A parameter reaches the script as the environment variable `MUSTER_<NAME>`, never by text substitution. */
export class ProcedureParameter {
  @Text({ min: 1, max: 64, pattern: /^[a-z][a-z0-9_]*$/, about: 'Lower case, digits and underscores.' }) name: string;
  @Text({ max: 200 }) label: string;
  @Flag() required: boolean;
  @Text({ max: 4000, optional: true }) defaultValue?: string;
}
export class SaveProcedure {
  @Text({ min: 1, max: 200 }) name: string;
  @Text({ max: 2000, optional: true }) description?: string;
  @OneOf(LANGUAGES) language: Language;
  @Text({ min: 1, max: 100_000 }) script: string;
  @List(nested(() => ProcedureParameter), { max: 32 }) parameters: ProcedureParameter[];
  @Whole({ min: 1, max: 86_400, about: 'Seconds until the device ends it with its whole process group.' })
  timeLimitSeconds: number;
}
export class Procedure extends SaveProcedure {
  @Uuid() id: string;
  @Whole({ min: 1, max: 1_000_000, about: 'Grows by one with each change.' }) version: number;
  @Instant() createdAt: string;
  @Instant() updatedAt: string;
  @Text({ max: 254 }) updatedBy: string;
}
export class ProcedurePage {
  @List(nested(() => Procedure), { max: 200 }) procedures: Procedure[];
  @Whole({ min: 0, max: 1_000_000 }) total: number;
  @Text({ max: 4000, optional: true, about: 'Give it as `after` for what follows; absent when nothing does.' })
  next?: string;
}
export const listProcedures = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/procedures',
  access: may('procedures.read'),
  summary: 'Procedures',
  query: PlaceQuery,
  reply: ProcedurePage,
  list: 'procedures',
});
export const readProcedure = defineRoute({
  ...own,
  method: 'GET',
  path: '/api/procedures/:id',
  access: may('procedures.read'),
  summary: 'One procedure',
  params: ById,
  reply: Procedure,
});
export const createProcedure = defineRoute({
  ...own,
  method: 'POST',
  path: '/api/procedures',
  access: may('procedures.write'),
  summary: 'Create a procedure',
  body: SaveProcedure,
  reply: Procedure,
  causes: [procedureCreated],
});
export const updateProcedure = defineRoute({
  ...own,
  method: 'PUT',
  path: '/api/procedures/:id',
  access: may('procedures.write'),
  summary: 'Change a procedure',
  params: ById,
  body: SaveProcedure,
  reply: Procedure,
  causes: [procedureChanged],
});
export const deleteProcedure = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/api/procedures/:id',
  access: may('procedures.write'),
  summary: 'Delete a procedure; what ran stays in the history',
  params: ById,
  causes: [procedureDeleted],
});
