/** Bytes of a representation, both ends included. */
export interface ByteRange {
  from: number;
  to: number;
}
export type Asked = { kind: 'whole' } | ({ kind: 'part' } & ByteRange) | { kind: 'unsatisfiable' };

/** Numbers beyond 2^53 would lose digits; no package is as long. */
const RANGE = /^bytes *= *(\d{0,15}) *- *(\d{0,15})$/i;
const WHOLE: Asked = { kind: 'whole' };

/**
 * What of a representation to send (RFC 9110, sections 13.1.5 and 14.2): a single range of bytes, unless `If-Range` names
 * another version. What is not such a range is ignored, as a server may: several ranges, other units, bad syntax.
 *
 * @param etag the strong entity tag of the representation, with its quotes
 */
export function askedRange(headers: Readonly<Record<string, string | undefined>>, etag: string, length: number): Asked {
  const match = RANGE.exec(headers['range']?.trim() ?? '');
  if (!match) return WHOLE;
  // A date is no strong validator here, and a weak tag never is (section 13.1.5).
  const condition = headers['if-range']?.trim();
  if (condition !== undefined && condition !== etag) return WHOLE;
  const [first = '', last = ''] = match.slice(1);
  if (first === '') return last === '' ? WHOLE : suffix(Number(last), length);
  const from = Number(first);
  const to = last === '' ? length - 1 : Math.min(Number(last), length - 1);
  if (last !== '' && Number(last) < from) return WHOLE;
  return from < length ? { kind: 'part', from, to } : { kind: 'unsatisfiable' };
}

const suffix = (bytes: number, length: number): Asked =>
  bytes === 0 || length === 0
    ? { kind: 'unsatisfiable' }
    : { kind: 'part', from: Math.max(0, length - bytes), to: length - 1 };
