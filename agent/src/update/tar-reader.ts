const BLOCK = 512;
const NAME = /^(?:\.\/)?((?:[\w@+-][\w.@+-]*|\.[\w@+-][\w.@+-]*)(?:\/(?:[\w@+-][\w.@+-]*|\.[\w@+-][\w.@+-]*))*)\/?$/;

export type TarPart =
  | { kind: 'folder'; path: string }
  | { kind: 'file'; path: string; size: number; executable: boolean }
  /** Bytes of the file that came last. */
  | { kind: 'bytes'; bytes: Buffer };

/**
 * Reads a tar archive (POSIX.1-1988 `ustar`) as it comes. Takes plain files and folders with plain relative names, and
 * nothing else: no links, devices, absolute names, `..`, or extended headers.
 * @throws Error that says what is wrong, also when the archive ends in the middle
 */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<TarPart> {
  let rest: Buffer = Buffer.alloc(0);
  /** Of the file that is being read, and of what fills up its last block. */
  let left = 0;
  let padding = 0;
  let ended = false;
  for await (const piece of source) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    while (rest.length > 0) {
      if (left > 0) {
        const bytes = rest.subarray(0, left);
        left -= bytes.length;
        rest = rest.subarray(bytes.length);
        yield { kind: 'bytes', bytes };
      } else if (padding > 0) {
        const skipped = Math.min(padding, rest.length);
        padding -= skipped;
        rest = rest.subarray(skipped);
      } else {
        if (rest.length < BLOCK) break;
        const header = rest.subarray(0, BLOCK);
        rest = rest.subarray(BLOCK);
        if (header.every((byte) => byte === 0)) {
          ended = true;
          continue;
        }
        if (ended) throw new Error('the archive goes on after its end');
        const part = readHeader(header);
        if (part.kind === 'file') {
          left = part.size;
          padding = (BLOCK - (part.size % BLOCK)) % BLOCK;
        }
        yield part;
      }
    }
  }
  if (!ended || left > 0 || padding > 0 || rest.length > 0) throw new Error('the archive ends in the middle');
}

function readHeader(header: Buffer): Extract<TarPart, { path: string }> {
  const sum = header.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (octal(header, 148, 8) !== sum) throw new Error('a header of the archive is damaged');
  if (text(header, 257, 5) !== 'ustar') throw new Error('the archive is not in the form ustar');
  const prefix = text(header, 345, 155);
  const given = prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
  const type = String.fromCharCode(header[156] ?? 0);
  // The top itself, as `tar -C folder .` writes it.
  if (type === '5' && (given === './' || given === '.')) return { kind: 'folder', path: '.' };
  const path = NAME.exec(given)?.[1];
  if (path === undefined) throw new Error(`the archive holds a name that is not taken: ${JSON.stringify(given)}`);
  if (type === '5') return { kind: 'folder', path };
  if (type !== '0' && type !== '\0') throw new Error(`the archive holds ${path}, which is no plain file or folder`);
  const executable = (octal(header, 100, 8) & 0o100) !== 0;
  return { kind: 'file', path, size: octal(header, 124, 12), executable };
}

function text(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString('latin1');
}

function octal(header: Buffer, at: number, length: number): number {
  const digits = text(header, at, length).trim();
  if (!/^[0-7]{1,12}$/.test(digits)) throw new Error('a header of the archive is damaged');
  return parseInt(digits, 8);
}
