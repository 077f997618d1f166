/** What a monitor says about itself: VESA E-EDID 1.3 and 1.4, the first 128 bytes. */
export interface Edid {
  /** Three letters that UEFI's registry gives to makers. */
  vendor: string;
  model?: string;
  serialNumber?: string;
  yearMade?: number;
  /** Preferred, for example 1920x1080. */
  resolution?: string;
}

const HEADER = Buffer.from([0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00]);

/** @returns undefined when these bytes are no EDID, or their checksum is wrong */
export function readEdid(bytes: Buffer): Edid | undefined {
  const block = bytes.subarray(0, 128);
  if (block.length < 128 || !block.subarray(0, 8).equals(HEADER)) return undefined;
  if (block.reduce((sum, byte) => (sum + byte) & 0xff, 0) !== 0) return undefined;
  const letters = block.readUInt16BE(8);
  const vendor = [10, 5, 0].map((shift) => String.fromCharCode(64 + ((letters >> shift) & 0x1f))).join('');
  const product = block.readUInt16LE(10).toString(16).padStart(4, '0').toUpperCase();
  const number = block.readUInt32LE(12);
  const year = block.readUInt8(17);
  const texts = descriptorTexts(block);
  return {
    vendor,
    model: texts.get(0xfc) ?? product,
    serialNumber: texts.get(0xff) ?? (number > 0 && number !== 0x01010101 ? String(number) : undefined),
    yearMade: year > 0 ? 1990 + year : undefined,
    resolution: preferredMode(block),
  };
}

/** Four descriptors of 18 bytes from 54 on; texts have their kind at 3, and end with a line feed. */
function descriptorTexts(block: Buffer): Map<number, string> {
  const texts = new Map<number, string>();
  for (let at = 54; at + 18 <= 126; at += 18) {
    if (block.readUInt16LE(at) !== 0) continue;
    const text = block
      .toString('latin1', at + 5, at + 18)
      .split('\n')[0]
      ?.trim();
    if (text) texts.set(block.readUInt8(at + 3), text);
  }
  return texts;
}

/** The first descriptor is a detailed timing, when its pixel clock is not 0. */
function preferredMode(block: Buffer): string | undefined {
  if (block.readUInt16LE(54) === 0) return undefined;
  const width = block.readUInt8(56) | ((block.readUInt8(58) & 0xf0) << 4);
  const height = block.readUInt8(59) | ((block.readUInt8(61) & 0xf0) << 4);
  return width && height ? `${width}x${height}` : undefined;
}
