import { createHmac, timingSafeEqual } from 'node:crypto';

/** Crockford's base 32: without I, L, O and U, which people take for something else. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const DIGITS = 16; // 80 bits

/** The token of one device: four groups of four, to be read out and typed. */
export function uninstallToken(secret: Buffer, deviceId: string): string {
  const digest = createHmac('sha256', secret).update(`uninstall ${deviceId}`).digest();
  const digits = Array.from({ length: DIGITS }, (_, place) => ALPHABET[(digest[place] ?? 0) % 32]).join('');
  return (digits.match(/.{4}/g) ?? []).join('-');
}

/** Whether somebody typed the token, in whatever case and grouping. */
export function isUninstallToken(given: string, secret: Buffer, deviceId: string): boolean {
  const plain = (text: string): Buffer => Buffer.from(text.toUpperCase().replace(/[^0-9A-Z]/g, ''), 'utf8');
  const [typed, right] = [plain(given), plain(uninstallToken(secret, deviceId))];
  return typed.length === right.length && timingSafeEqual(typed, right);
}
