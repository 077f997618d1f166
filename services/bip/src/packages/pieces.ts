import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const CHUNK = 64 * 1024;

/**
 * Bytes that are in memory, or those of an open file, read when they are sent: whoever tidies up may remove its name.
 * `from`: where they begin in it, where that is not its begin.
 */
export type Piece = Buffer | { file: FileHandle; from?: number; bytes: number };

/** Compresses to one gzip member (RFC 1952). Members one after the other decompress to their contents one after the other. */
const compressed = promisify<Buffer, { level: number }, Buffer>(gzip);
export const gzipped = (bytes: Buffer, level: number): Promise<Buffer> => compressed(bytes, { level });

export const bytesOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, piece) => sum + (Buffer.isBuffer(piece) ? piece.length : piece.bytes), 0);

export async function* contents(pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) yield piece;
    else yield* read(piece);
  }
}

/** By position, so that many read the same file at once. */
async function* read({ file, from = 0, bytes }: Exclude<Piece, Buffer>): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK), 0, Math.min(CHUNK, bytes - at), from + at);
    if (bytesRead === 0) throw new Error('a compressed file became shorter while it was read');
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Sends pieces as they are asked for: however large the files are, a few buffers of them are in memory. */
export const streamOf = (pieces: readonly Piece[]): Readable => Readable.from(contents(pieces), { objectMode: false });
