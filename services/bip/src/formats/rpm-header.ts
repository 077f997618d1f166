/**
 * The header structure of `.rpm` files: "RPM V4 Package format" (rpm.org, `format_v4`), sections "Lead", "Signature" and
 * "Header". A header is an index of tags, sorted, and a store of their values; the region tag in front makes all of it
 * immutable, which is what digests are taken of.
 */
const HEADER_MAGIC = Buffer.from([0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0]);
const ENTRY = 16;

export const REGION = { signatures: 62, immutable: 63 } as const;

export type TagValue =
  | { type: 'int16' | 'int32'; values: readonly number[] }
  | { type: 'string'; value: string }
  | { type: 'strings' | 'translated'; values: readonly string[] };

const TYPE_NUMBERS = { int16: 3, int32: 4, string: 6, binary: 7, strings: 8, translated: 9 } as const;

export const int16 = (...values: number[]): TagValue => ({ type: 'int16', values });
export const int32 = (...values: number[]): TagValue => ({ type: 'int32', values });
export const string = (value: string): TagValue => ({ type: 'string', value });
export const strings = (...values: string[]): TagValue => ({ type: 'strings', values });
export const translated = (value: string): TagValue => ({ type: 'translated', values: [value] });

/** A header of these tags. Tags without values are left out, as rpm wants. */
export function rpmHeader(region: number, tags: ReadonlyMap<number, TagValue>): Buffer {
  const used = [...tags].filter(([, tag]) => countOf(tag) > 0).sort(([left], [right]) => left - right);
  const index: Buffer[] = [];
  const store: Buffer[] = [];
  let offset = 0;
  const add = (bytes: Buffer): void => {
    store.push(bytes);
    offset += bytes.length;
  };
  for (const [number, tag] of used) {
    const alignment = tag.type === 'int16' ? 2 : tag.type === 'int32' ? 4 : 1;
    add(Buffer.alloc((alignment - (offset % alignment)) % alignment));
    index.push(indexEntry(number, TYPE_NUMBERS[tag.type], offset, countOf(tag)));
    add(bytesOf(tag));
  }
  // The region's own value stands at the end of the store and points back to the begin of the index.
  index.unshift(indexEntry(region, TYPE_NUMBERS.binary, offset, ENTRY));
  add(indexEntry(region, TYPE_NUMBERS.binary, -ENTRY * index.length, ENTRY));
  const sizes = Buffer.alloc(8);
  sizes.writeInt32BE(index.length, 0);
  sizes.writeInt32BE(offset, 4);
  return Buffer.concat([HEADER_MAGIC, sizes, ...index, ...store]);
}

/** The 96 bytes in front, of which only the magic still means something. */
export function rpmLead(name: string, architecture: number): Buffer {
  const lead = Buffer.alloc(96);
  lead.writeUInt32BE(0xedabeedb, 0);
  lead.writeUInt8(3, 4); // major version of the format
  lead.writeUInt16BE(architecture, 8);
  lead.write(name.slice(0, 65), 10);
  lead.writeUInt16BE(1, 76); // Linux
  lead.writeUInt16BE(5, 78); // the signature is a header
  return lead;
}

const countOf = (tag: TagValue): number => ('value' in tag ? 1 : tag.values.length);

function bytesOf(tag: TagValue): Buffer {
  switch (tag.type) {
    case 'int16':
      return numbers(tag.values, 2);
    case 'int32':
      return numbers(tag.values, 4);
    case 'string':
      return Buffer.from(`${tag.value}\0`, 'utf8');
    default:
      return Buffer.from(tag.values.map((value) => `${value}\0`).join(''), 'utf8');
  }
}

function numbers(values: readonly number[], width: 2 | 4): Buffer {
  const bytes = Buffer.alloc(values.length * width);
  values.forEach((value, place) => bytes.writeUIntBE(value, place * width, width));
  return bytes;
}

function indexEntry(tag: number, type: number, offset: number, count: number): Buffer {
  const entry = Buffer.alloc(ENTRY);
  [tag, type, offset, count].forEach((value, place) => entry.writeInt32BE(value, place * 4));
  return entry;
}
