/**
 * Addresses that mail is sent to: one mailbox, without quoted local parts, comments, routes or address literals, which
 * people do not have and which parsers read in different ways. Nothing in it can end a header or an SMTP command.
 */
const PLAIN =
  /^[^\s"(),:;<>@[\]\\\p{Cc}\p{Cf}]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$/u;

export const isMailAddress = (address: string): boolean => address.length <= 254 && PLAIN.test(address);
