import { closeSync, createReadStream, fsyncSync, mkdirSync, openSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { removeFile, syncFolder, writeAll } from '../state/files';
import { readTar } from './tar-reader';

const MOST_FILES = 20_000;
/** What unpacking leaves free on the disk. */
const LEAVE_FREE_BYTES = 50 * 1024 * 1024;

/**
 * Unpacks a package into a new folder, all of it on the disk at the end. What fails leaves nothing.
 * @throws Error that says why: the archive, its size, a full disk
 */
export async function unpack(file: string, into: string, unpackedBytes: number): Promise<void> {
  removeFile(into);
  const disk = statfsSync(dirname(into));
  if (disk.bavail * disk.bsize < unpackedBytes + LEAVE_FREE_BYTES) throw new Error('the disk has too little space');
  try {
    await write(file, into, unpackedBytes);
  } catch (error) {
    removeFile(into);
    throw error;
  }
}

async function write(file: string, into: string, unpackedBytes: number): Promise<void> {
  const folders = new Set<string>();
  const makeFolder = (path: string): void => {
    for (let folder = path; !folders.has(folder); folder = dirname(folder)) {
      folders.add(folder);
      if (folder === into) break;
    }
    mkdirSync(path, { recursive: true, mode: 0o755 });
  };
  const seen = new Set<string>();
  let open: number | undefined;
  let bytes = 0;
  const finish = (): void => {
    if (open === undefined) return;
    const descriptor = open;
    open = undefined;
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  };
  try {
    makeFolder(into);
    for await (const part of readTar(gunzipped(file))) {
      if (part.kind === 'bytes') {
        bytes += part.bytes.length;
        if (bytes > unpackedBytes) throw new Error('it holds more than its manifest says');
        if (open !== undefined) writeAll(open, part.bytes);
        continue;
      }
      finish();
      const path = join(into, part.path);
      if (part.kind === 'folder') makeFolder(path);
      else {
        if (seen.size >= MOST_FILES) throw new Error(`it holds more than ${MOST_FILES} files`);
        if (seen.has(path)) throw new Error(`it holds ${part.path} twice`);
        seen.add(path);
        makeFolder(dirname(path));
        open = openSync(path, 'wx', part.executable ? 0o755 : 0o644);
      }
    }
  } finally {
    finish();
  }
  if (!seen.has(join(into, 'main.mjs'))) throw new Error('it holds no main.mjs');
  for (const folder of folders) syncFolder(folder);
}

async function* gunzipped(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file);
  const plain = createGunzip();
  source.once('error', (error) => plain.destroy(error));
  try {
    yield* source.pipe(plain) as AsyncIterable<Buffer>;
  } finally {
    source.destroy();
    plain.destroy();
  }
}
