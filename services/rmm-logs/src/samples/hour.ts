/** Milliseconds. */
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** When the hour (UTC) of a moment begins, in milliseconds since 1970. */
export const hourOf = (at: number): number => Math.floor(at / HOUR) * HOUR;
export const dayOf = (at: number): number => Math.floor(at / DAY) * DAY;
export const textOf = (at: number): string => new Date(at).toISOString();
