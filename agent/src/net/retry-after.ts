/**
 * Seconds that a server asks to wait (`Retry-After`, RFC 9110, section 10.2.3): a number, or a date by the server's own clock,
 * which the answer's `Date` tells; this machine's may be wrong. Undefined where nothing or nonsense is asked for.
 */
export function retryAfterSeconds(
  { 'retry-after': asked, date }: { 'retry-after'?: string; date?: string },
  now = Date.now(),
): number | undefined {
  if (asked === undefined) return undefined;
  const sent = Date.parse(date ?? '');
  const seconds = /^\d+$/.test(asked) ? Number(asked) : (Date.parse(asked) - (Number.isNaN(sent) ? now : sent)) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}
