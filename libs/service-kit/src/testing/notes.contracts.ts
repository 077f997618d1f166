import {
  ById,
  CursorQuery,
  nested,
  Nested,
  PageQuery,
  defineRoute,
  device,
  Flag,
  List,
  may,
  publicTo,
  signedIn,
  Text,
  text,
  Uuid,
  Whole,
} from '@muster/contracts';

const own = { service: 'bip', face: 'manager' } as const;

export class Note {
  @Uuid() id: string;
  @Text({ max: 200 }) title: string;
  @Text({ max: 254 }) writtenBy: string;
}
export class WriteNote {
  @Text({ min: 1, max: 200 }) title: string;
  @Flag({ optional: true }) loud?: boolean;
}
export class NoteQuery {
  @Whole({ min: 1, max: 9, optional: true }) size?: number;
  @Flag({ optional: true }) loud?: boolean;
}
export const readNote = defineRoute({
  ...own,
  method: 'GET',
  path: '/notes/:id',
  access: may('devices.read'),
  summary: 'Read a note',
  params: ById,
  query: NoteQuery,
  reply: Note,
});
export const writeNote = defineRoute({
  ...own,
  method: 'POST',
  path: '/notes',
  access: may('devices.write'),
  summary: 'Write a note',
  body: WriteNote,
  reply: Note,
});
export const forgetNotes = defineRoute({
  ...own,
  method: 'DELETE',
  path: '/notes',
  access: signedIn,
  summary: 'Forget all notes',
  beforePasswordChange: true,
});
export const greet = defineRoute({
  ...own,
  method: 'GET',
  path: '/hello',
  access: publicTo('a greeting'),
  summary: 'Say hello',
  raw: 'text/plain; charset=utf-8',
});
export const fail = defineRoute({
  ...own,
  method: 'POST',
  path: '/fail',
  access: publicTo('it fails anyhow'),
  summary: 'Fail in the way that is asked for',
  body: WriteNote,
  reply: Note,
});
export const importNotes = defineRoute({
  ...own,
  method: 'POST',
  path: '/import',
  access: publicTo('it keeps nothing'),
  summary: 'Take a large body',
  bodyLimit: 1024 * 1024,
});
export class Author {
  @Text({ max: 50 }) name: string;
  @Whole({ min: 0, max: 9, optional: true }) rank?: number;
}
export class NoteRow {
  @Whole({ min: 0, max: 10_000_000 }) number: number;
  @Text({ max: 1000, optional: true }) title?: string;
  @Nested(() => Author) author: Author;
  @List(text({ max: 50 }), { max: 5 }) tags: string[];
  @List(nested(() => Author), { max: 5 }) readers: Author[];
  @Flag() loud: boolean;
}
export class NumberedNotes {
  @List(nested(() => NoteRow), { max: 200 }) notes: NoteRow[];
  @Whole({ min: 0, max: 10_000_000 }) total: number;
  @Text({ max: 200, optional: true }) next?: string;
}
export class NumberedQuery extends PageQuery {
  @Text({ max: 200, optional: true }) after?: string;
}
export class NotesInOrder {
  @List(nested(() => NoteRow), { max: 500 }) notes: NoteRow[];
  @Text({ max: 200, optional: true }) next?: string;
}
export class AllNotes {
  @List(nested(() => NoteRow), { max: 500 }) notes: NoteRow[];
}
const listed = { ...own, method: 'GET', access: may('devices.read'), list: 'notes' } as const;
export const pageOfNotes = defineRoute({
  ...listed,
  path: '/list/by-page',
  summary: 'Notes by page',
  query: NumberedQuery,
  reply: NumberedNotes,
});
export const notesInOrder = defineRoute({
  ...listed,
  path: '/list/by-place',
  summary: 'Notes from a place onwards',
  query: CursorQuery,
  reply: NotesInOrder,
});
export const allNotes = defineRoute({
  ...listed,
  path: '/api/list/:id/all',
  summary: 'All notes',
  params: ById,
  reply: AllNotes,
});
export class Notes {
  @List(text({ max: 60_000 }), { max: 100 }) titles: string[];
}
export class NotesTaken {
  @Whole({ min: 0, max: 100 }) taken: number;
}
export const takeNotes = defineRoute({
  ...own,
  method: 'POST',
  path: '/take',
  access: publicTo('it keeps nothing'),
  summary: 'Take what comes compressed',
  body: Notes,
  bodyLimit: 64 * 1024,
  gzip: true,
  accepted: true,
  reply: NotesTaken,
});
export const takeSilently = defineRoute({
  ...own,
  method: 'PUT',
  path: '/take',
  access: publicTo('it keeps nothing'),
  summary: 'Take without a word',
  accepted: true,
});
export class Report {
  @Text({ max: 100 }) status: string;
}
export class ReportTaken {
  @Uuid() deviceId: string;
  @Uuid() organisationId: string;
}
export const report = defineRoute({
  service: 'bip',
  face: 'worker',
  method: 'POST',
  path: '/report',
  access: device,
  summary: 'Report as a device',
  body: Report,
  reply: ReportTaken,
});
