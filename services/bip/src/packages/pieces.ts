import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** Bytes that are in memory, or a file's, read when they are sent. */
export type Piece = Buffer | { path: string; bytes: number };

/** Compresses to one gzip member (RFC 1952). Members one after the other decompress to their contents one after the other. */
const compressed = promisify<Buffer, { level: number }, Buffer>(gzip);
export const gzipped = (bytes: Buffer, level: number): Promise<Buffer> => compressed(bytes, { level });

export const bytesOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, piece) => sum + (Buffer.isBuffer(piece) ? piece.length : piece.bytes), 0);

export async function* contents(pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) yield piece;
    else yield* createReadStream(piece.path) as AsyncIterable<Buffer>;
  }
}

/** Sends pieces as they are asked for: however large the files are, a few buffers of them are in memory. */
export const streamOf = (pieces: readonly Piece[]): Readable => Readable.from(contents(pieces), { objectMode: false });
