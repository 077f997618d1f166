import { createDecipheriv } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { CliError, EXIT } from '../../core/exit-codes';
import {
  CHUNK_BYTES,
  END_MARK,
  type Header,
  headerBytes,
  type Keys,
  MAC_BYTES,
  MAGIC,
  nonceOf,
  openHeader,
  parseHeader,
  TAG_BYTES,
} from './header';

/** What stands in a backup's header, not proven by a passphrase. @throws CliError when the file is none */
export async function readHeader(path: string): Promise<Header> {
  return reading(path, async (file) => parseHeader((await header(file, path)).bytes, path));
}

/**
 * The decrypted content in order, each piece authenticated before it is handed out; what ends without an error was whole.
 * @throws CliError naming what is wrong: no backup, wrong passphrase, truncated, altered
 */
export async function* readSealed(path: string, passphrase: string): AsyncGenerator<Buffer> {
  const file = await opened(path);
  try {
    const { bytes, mac, end } = await header(file, path);
    const { size } = await file.stat();
    const keys = await openHeader(bytes, mac, passphrase, path);
    const last = size - END_MARK.length;
    if (last < end + TAG_BYTES || !(await exactly(file, last, END_MARK.length, path)).equals(END_MARK)) {
      throw new CliError(EXIT.data, `${path} is truncated: its end is missing.`, 'Nothing was changed. Copy it again.');
    }
    for (let [at, chunk] = [end, 0]; at < last; chunk += 1) {
      const length = Math.min(CHUNK_BYTES + TAG_BYTES, last - at);
      const sealed = await exactly(file, at, length, path);
      at += length;
      yield decrypt(sealed, keys, { chunk, last: at === last, path, at: at - length });
    }
  } finally {
    await file.close();
  }
}

function decrypt(
  sealed: Buffer,
  { encryption, binding }: Keys,
  { chunk, last, path, at }: { chunk: number; last: boolean; path: string; at: number },
): Buffer {
  try {
    const body = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', encryption, nonceOf(chunk, last), { authTagLength: TAG_BYTES });
    decipher.setAAD(binding);
    decipher.setAuthTag(sealed.subarray(Math.max(body, 0)));
    return Buffer.concat([decipher.update(sealed.subarray(0, Math.max(body, 0))), decipher.final()]);
  } catch (error) {
    throw new CliError(
      EXIT.data,
      `${path} was altered: what stands from byte ${at} on is not what was written.`,
      'Nothing was changed. Use another backup, or copy this one again.',
      { cause: error },
    );
  }
}

async function header(file: FileHandle, path: string): Promise<{ bytes: Buffer; mac: Buffer; end: number }> {
  const start = Buffer.alloc(MAGIC.length + 4);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  const length = headerBytes(start.subarray(0, bytesRead), path);
  const bytes = await exactly(file, 0, length, path);
  return { bytes, mac: await exactly(file, length, MAC_BYTES, path), end: length + MAC_BYTES };
}

async function exactly(file: FileHandle, position: number, length: number, path: string): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  for (let from = 0; from < length;) {
    const { bytesRead } = await file.read(bytes, from, length - from, position + from);
    if (bytesRead === 0) throw new CliError(EXIT.data, `${path} is truncated: it ends in its middle.`);
    from += bytesRead;
  }
  return bytes;
}

async function reading<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await opened(path);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new CliError(EXIT.missing, `There is no file ${path}.`);
    throw new CliError(EXIT.noPermission, `${path} cannot be read (${code}).`);
  }
}
