/**
 * Archives of `ar` as `.deb` files use them: deb(5), "FORMAT": the common format, names without a slash, even offsets.
 */
export const AR_MAGIC = Buffer.from('!<arch>\n', 'latin1');

/** Header of one member; the content follows, and after an odd one `arPadding`. */
export function arHeader(name: string, bytes: number, mtime: number): Buffer {
  const fields: Array<[text: string, width: number]> = [
    [name, 16],
    [String(mtime), 12],
    ['0', 6], // uid
    ['0', 6], // gid
    ['100644', 8],
    [String(bytes), 10],
  ];
  if (fields.some(([text, width]) => text.length > width)) throw new RangeError(`${name} does not fit into ar`);
  return Buffer.from(`${fields.map(([text, width]) => text.padEnd(width)).join('')}\`\n`, 'latin1');
}

export const arPadding = (bytes: number): Buffer => Buffer.from(bytes % 2 === 1 ? '\n' : '', 'latin1');
