/** A record of utmp(5) and wtmp(5). */
export interface UtmpRecord {
  type: 'boot' | 'shutdown' | 'user' | 'dead' | 'other';
  line: string;
  user: string;
  host: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** glibc keeps 32-bit times where a 32-bit world of the same processor exists, 64-bit ones elsewhere. */
const LAYOUTS = {
  short: { size: 384, seconds: 340, micros: 344, wide: false },
  long: { size: 400, seconds: 344, micros: 352, wide: true },
};
const SHORT = new Set(['x64', 'ia32', 'ppc64', 's390x', 'arm']);

/** Records of a file, or of its end: then the first may be cut, so counting starts at the end. */
export function readUtmp(bytes: Buffer, architecture: string): UtmpRecord[] {
  const { size, seconds, micros, wide } = SHORT.has(architecture) ? LAYOUTS.short : LAYOUTS.long;
  const records: UtmpRecord[] = [];
  for (let start = bytes.length % size; start + size <= bytes.length; start += size) {
    const entry = bytes.subarray(start, start + size);
    const number = (at: number): number => (wide ? Number(entry.readBigInt64LE(at)) : entry.readInt32LE(at));
    const text = (at: number, length: number): string => entry.toString('utf8', at, at + length).split('\0')[0] ?? '';
    const user = text(44, 32);
    const at = number(seconds) * 1000 + Math.floor(number(micros) / 1000);
    // Records of a torn file have times that no date can hold.
    if (at <= 0 || at > 8.64e15) continue;
    records.push({ type: kindOf(entry.readInt16LE(0), user), line: text(8, 32), user, host: text(76, 256), at });
  }
  return records;
}

/** utmp(5): 1 change of run level, 2 start, 7 user, 8 end of a process. */
function kindOf(type: number, user: string): UtmpRecord['type'] {
  if (type === 2) return 'boot';
  if (type === 1) return user === 'shutdown' ? 'shutdown' : 'other';
  return type === 7 ? 'user' : type === 8 ? 'dead' : 'other';
}
