import { promisify } from 'node:util';
import { gunzip, gunzipSync } from 'node:zlib';
import { AppError } from '@muster/contracts';
import type { FastifyInstance } from 'fastify';
import './request-state';

const inflate = promisify(gunzip);
/** Up to so many bytes, a trip to another thread costs more than the work. */
const AT_ONCE = 8 * 1024;

/**
 * JSON is the only body there is; a form or plain text, which other sites can make a browser send, is refused. On routes
 * that say so it may be compressed (RFC 9110, section 8.4.1.3), and what comes out is bounded like a plain body.
 */
export function acceptJsonOnly(server: FastifyInstance, usualLimit: number): void {
  server.removeAllContentTypeParsers();
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    const parse = (plain: Buffer): void => {
      request.muster.bodyBytes = plain.length;
      parseJson(request, plain.toString(), done);
    };
    const coding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
    if (coding === 'identity') return parse(body);
    const { contract } = request.routeOptions.config;
    if (coding !== 'gzip' || !contract?.gzip) return done(notTaken(contract?.gzip === true));
    decompress(body, contract.bodyLimit ?? usualLimit).then(parse, (error: unknown) => done(refusalOf(error)));
  });
}

async function decompress(body: Buffer, maxOutputLength: number): Promise<Buffer> {
  return body.length <= AT_ONCE ? gunzipSync(body, { maxOutputLength }) : inflate(body, { maxOutputLength });
}

const notTaken = (gzip: boolean): AppError =>
  new AppError('unsupported-type', gzip ? 'Send the body plain or gzip.' : 'Send the body plain, not compressed.');

function refusalOf(cause: unknown): AppError {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ERR_BUFFER_TOO_LARGE'
    ? new AppError('too-large', 'The request is larger than this address accepts.', { cause })
    : new AppError('invalid-input', 'The body is not well-formed gzip.', { cause });
}
