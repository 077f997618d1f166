/** One structure of an SMBIOS table: formatted area after its header, and its texts. */
export function smbiosStructure(type: number, body: Buffer, texts: readonly string[] = []): Buffer {
  const header = Buffer.from([type, body.length + 4, 0, 0]);
  const strings = texts.length > 0 ? texts.map((text) => `${text}\0`).join('') : '\0';
  return Buffer.concat([header, body, Buffer.from(`${strings}\0`, 'latin1')]);
}

export interface MadeUpModule {
  /** The 16-bit field as it stands in the table. */
  size: number;
  extended?: number;
  type: number;
  speed: number;
  /** Locator, bank, maker, serial number, part number. */
  texts: readonly [string, string, string, string, string];
}

/** Memory device, structure 17 of SMBIOS 3.2, 0x28 bytes. */
export function memoryDevice({ size, extended = 0, type, speed, texts }: MadeUpModule): Buffer {
  const data = Buffer.alloc(0x28 - 4);
  const put = (offset: number, value: number): void => void data.writeUInt8(value, offset - 4);
  data.writeUInt16LE(size, 0x0c - 4);
  put(0x10, 1);
  put(0x11, 2);
  put(0x12, type);
  data.writeUInt16LE(speed, 0x15 - 4);
  put(0x17, 3);
  put(0x18, 4);
  put(0x1a, 5);
  data.writeUInt32LE(extended, 0x1c - 4);
  return smbiosStructure(17, data, texts);
}

export interface MadeUpMonitor {
  vendor: string;
  product: number;
  serial: number;
  year: number;
  width: number;
  height: number;
  name?: string;
  serialText?: string;
}

/** The first block of an EDID with its checksum. */
export function edid({ vendor, product, serial, year, width, height, name, serialText }: MadeUpMonitor): Buffer {
  const block = Buffer.alloc(128);
  Buffer.from([0, 255, 255, 255, 255, 255, 255, 0]).copy(block);
  const letters = [...vendor].reduce((bits, letter) => (bits << 5) | (letter.charCodeAt(0) - 64), 0);
  block.writeUInt16BE(letters, 8);
  block.writeUInt16LE(product, 10);
  block.writeUInt32LE(serial, 12);
  block.writeUInt8(year - 1990, 17);
  block.writeUInt16LE(14_850, 54);
  block.writeUInt8(width & 0xff, 56);
  block.writeUInt8((width >> 8) << 4, 58);
  block.writeUInt8(height & 0xff, 59);
  block.writeUInt8((height >> 8) << 4, 61);
  const text = (at: number, kind: number, content: string | undefined): void => {
    if (content === undefined) return;
    block.writeUInt8(kind, at + 3);
    block.write(`${content}\n`.padEnd(13), at + 5, 'latin1');
  };
  text(72, 0xfc, name);
  text(90, 0xff, serialText);
  block.writeUInt8((256 - (block.reduce((sum, byte) => sum + byte, 0) & 0xff)) & 0xff, 127);
  return block;
}

/** A record of wtmp as glibc writes it on x86-64 (384 bytes) and on AArch64 (400 bytes). */
export function wtmpRecord(
  type: number,
  fields: { line?: string; user?: string; host?: string; at: number },
  wide = false,
): Buffer {
  const entry = Buffer.alloc(wide ? 400 : 384);
  entry.writeInt16LE(type, 0);
  entry.write(fields.line ?? '', 8);
  entry.write(fields.user ?? '', 44);
  entry.write(fields.host ?? '', 76);
  if (wide) entry.writeBigInt64LE(BigInt(fields.at), 344);
  else entry.writeInt32LE(fields.at, 340);
  return entry;
}
