import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Module } from '@nestjs/common';
import { currentCorrelationId } from '@muster/bus';
import { AppError, type RouteCall } from '@muster/contracts';
import { DEVICE_DIRECTORY, type DeviceDirectory } from '../identity/device-directory';
import { Log } from '../log/log';
import { Handles } from '../routes/handles.decorator';
import * as routes from './notes.contracts';

export const HOME = '01900000-0000-7000-8000-00000000000a';

@Controller()
export class NotesController {
  constructor(private readonly log: Log) {}

  @Handles(routes.readNote)
  async read({ params, query, principal }: RouteCall<typeof routes.readNote>): Promise<routes.Note> {
    const hidden = { internalComment: 'never leaves' };
    return { id: params.id, title: JSON.stringify(query), writtenBy: principal.name, ...hidden };
  }

  @Handles(routes.writeNote)
  async write({ body, principal, reply }: RouteCall<typeof routes.writeNote>): Promise<routes.Note> {
    this.log.info({ title: body.title, password: 'hunter2', deep: { credential: 's3cret' } }, 'A note was written.');
    reply.setHeader('x-note', 'written');
    reply.setCookie('__Host-note', 'yes', { httpOnly: true, secure: true, sameSite: 'strict', path: '/' });
    return { id: HOME, title: body.title, writtenBy: principal.id };
  }

  @Handles(routes.forgetNotes)
  async forget(): Promise<void> {}

  @Handles(routes.greet)
  async greet({ address }: RouteCall<typeof routes.greet>): Promise<string> {
    return `hello ${address} ${currentCorrelationId()}`;
  }

  @Handles(routes.fail)
  async fail({ body }: RouteCall<typeof routes.fail>): Promise<routes.Note> {
    if (body.title === 'slow') {
      await pause(700);
      return { id: HOME, title: 'done', writtenBy: 'nobody' };
    }
    if (body.title === 'unavailable') throw new AppError('unavailable', 'Not now.', { retryAfterSeconds: 7 });
    if (body.title === 'conflict') throw new AppError('conflict', 'There is one already.');
    throw new Error(`secret detail: ${body.title}`);
  }

  @Handles(routes.importNotes)
  async import(): Promise<void> {}

  @Handles(routes.takeNotes)
  async take({ body }: RouteCall<typeof routes.takeNotes>): Promise<routes.NotesTaken> {
    return { taken: body.titles.length };
  }

  @Handles(routes.takeSilently)
  async takeSilently(): Promise<void> {}
}

/** Rows that the lists have, and what happens while they are read. */
export const shelf = {
  rows: [] as routes.NoteRow[],
  asked: [] as object[],
  /** Called before each page but the first is answered. */
  onLaterPage: async (): Promise<void> => undefined,
};

@Controller()
export class ListController {
  @Handles(routes.pageOfNotes)
  async byPage({ query }: RouteCall<typeof routes.pageOfNotes>): Promise<routes.NumberedNotes> {
    const { after, page = 1, size = 50 } = query;
    const skip = after === undefined ? (page - 1) * size : 0;
    return { ...(await readShelf(query, after, size, skip)), total: shelf.rows.length };
  }

  @Handles(routes.notesInOrder)
  byPlace({ query }: RouteCall<typeof routes.notesInOrder>): Promise<routes.NotesInOrder> {
    return readShelf(query, query.after, query.size ?? 100);
  }

  @Handles(routes.allNotes)
  async all({ query }: RouteCall<typeof routes.allNotes>): Promise<routes.AllNotes> {
    return readShelf(query, undefined, shelf.rows.length);
  }
}

/** Notes in the order of their numbers, from behind the one with the number `after`. */
async function readShelf(
  query: object,
  after: string | undefined,
  size: number,
  skip = 0,
): Promise<routes.NotesInOrder> {
  shelf.asked.push({ ...query });
  if (shelf.asked.length > 1) await shelf.onLaterPage();
  const behind = shelf.rows.filter(({ number }) => number > Number(after ?? -1));
  const notes = behind.slice(skip, skip + size);
  const last = notes.at(-1);
  return { notes, ...(last && skip + size < behind.length ? { next: String(last.number) } : {}) };
}

@Controller()
export class ReportController {
  @Handles(routes.report)
  async report({ principal }: RouteCall<typeof routes.report>): Promise<routes.ReportTaken> {
    return { deviceId: principal.id, organisationId: principal.organisationId };
  }
}

const retired = new Set<string>();
const directory: DeviceDirectory = {
  organisationOf: async (deviceId) => (retired.has(deviceId) ? undefined : { organisationId: HOME }),
};

@Module({
  controllers: [NotesController, ListController, ReportController],
  providers: [{ provide: DEVICE_DIRECTORY, useValue: directory }],
})
export class NotesModule {}
