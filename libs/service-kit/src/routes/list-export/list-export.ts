import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { AppError, type Class, fieldsOf, type Route } from '@muster/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BaseConfig } from '../../config/base.config';
import { Log } from '../../log/log';
import { type Admitted, BeforeExport, providersOf } from '../call-steps';
import { EXPORT_FORMATS, type ExportFormat, type FileFormat, fileFormat } from './formats';
import { type AskForPage, pagesOf } from './list-pages';

/** Rows that become text at once, between which others get their turn. */
const SLICE = 500;

/**
 * All rows of a list as a file, for whoever may read the list: `?format=csv` or `?format=json` beside the list's own query.
 * Rows are read page after page as fast as the client takes them; when it goes away, reading ends. What fails in the
 * middle breaks the connection, so that a part never passes for the whole.
 */
@Injectable()
export class ListExport {
  constructor(
    private readonly config: BaseConfig,
    private readonly log: Log,
    private readonly discovery: DiscoveryService,
  ) {}

  /** What the request asks for; undefined for the list as it is. @throws AppError `invalid-input` */
  formatOf(route: Route, request: FastifyRequest): ExportFormat | undefined {
    const given = (request.query as Record<string, unknown>)['format'];
    if (!route.list || given === undefined) return undefined;
    const format = EXPORT_FORMATS.find((one) => one === given);
    if (format) return format;
    const problem = `must be one of: ${EXPORT_FORMATS.join(', ')}`;
    throw new AppError('invalid-input', 'The input has faults.', { faults: [{ field: 'format', problem }] });
  }

  /** The file as a stream, its headers set; fails as the list itself does where that does not answer at all. */
  async start(admitted: Admitted, format: ExportFormat, reply: FastifyReply, ask: AskForPage): Promise<Readable> {
    const { route, call } = admitted;
    const pages = pagesOf(route, call.query, ask);
    const first = await pages.next();
    for (const step of providersOf(this.discovery, BeforeExport)) await step.before(admitted);
    const file = fileFormat(format, rowType(route));
    void reply.type(file.mediaType);
    void reply.header('content-disposition', `attachment; filename="${fileName(route, format)}"`);
    void reply.header('cache-control', 'no-store');
    const rest = { first: first.done ? [] : first.value, pages };
    return Readable.from(this.textOf(file, rest, admitted), { objectMode: false, highWaterMark: 64 * 1024 });
  }

  private async *textOf(
    file: FileFormat,
    { first, pages }: { first: object[]; pages: AsyncGenerator<object[], void> },
    { route, call }: Admitted,
  ): AsyncGenerator<string, void> {
    let written = 0;
    try {
      yield file.begin;
      for (let page: object[] | void = first; page; page = (await pages.next()).value) {
        if (written + page.length > this.config.EXPORT_ROWS)
          throw new AppError('too-large', `An export has at most ${this.config.EXPORT_ROWS} rows.`);
        for (let at = 0; at < page.length; at += SLICE) {
          const slice = page.slice(at, at + SLICE);
          yield file.rows(slice, written);
          written += slice.length;
        }
      }
      if (file.end !== '') yield file.end;
    } catch (error) {
      const { correlationId } = call;
      const level = error instanceof AppError ? 'warn' : 'error';
      this.log[level]({ correlationId, route: route.path, rows: written, err: error }, 'An export broke off.');
      throw error;
    } finally {
      await pages.return();
    }
  }
}

function rowType(route: Route): Class {
  const type =
    route.reply &&
    fieldsOf(route.reply)
      .get(route.list ?? '')
      ?.nested?.();
  if (!type) throw new Error(`${route.method} ${route.path} has no list "${route.list}" of a class`);
  return type;
}

/** `/api/devices/:id/changes` is `devices-changes-2026-11-21.csv`. */
function fileName(route: Route, format: ExportFormat): string {
  const parts = route.path.split('/').filter((part) => /^[a-z0-9-]+$/i.test(part) && part !== 'api');
  return `${[...parts, new Date().toISOString().slice(0, 10)].join('-')}.${format}`;
}
