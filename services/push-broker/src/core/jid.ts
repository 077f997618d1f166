/** No JID part may be longer than this, in bytes of UTF-8 (RFC 7622, section 3.1). */
const MAX_PART_BYTES = 1023;
/** Never in a localpart (RFC 7622, section 3.3.1). */
const LOCAL_FORBIDDEN = /["&'/:<>@\s]/u;
/** Close to PRECIS' IdentifierClass (RFC 8264): printable ASCII, letters, marks and decimal digits. */
const LOCAL_ALLOWED = /^[\u0021-\u007e\p{L}\p{M}\p{Nd}]+$/u;
/** Close to PRECIS' FreeformClass: everything but controls, unassigned code points and the like. */
const RESOURCE_ALLOWED = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
const DOMAIN_ALLOWED =
  /^(?:[\p{L}\p{M}\p{Nd}](?:[-\p{L}\p{M}\p{Nd}]*[\p{L}\p{M}\p{Nd}])?\.)*[\p{L}\p{M}\p{Nd}][-\p{L}\p{M}\p{Nd}]*$|^\[[0-9a-f:.]+\]$/u;

/**
 * An XMPP address (RFC 7622) in its normal form, so that equal addresses are equal strings: local and domain part in
 * lower case and NFC, resource in NFC. PRECIS is approximated by Unicode properties.
 */
export class Jid {
  private constructor(
    readonly local: string,
    readonly domain: string,
    readonly resource: string,
  ) {}

  /** @returns undefined when the text is not a JID */
  static parse(text: string): Jid | undefined {
    const slash = text.indexOf('/');
    const bare = slash < 0 ? text : text.slice(0, slash);
    const at = bare.indexOf('@');
    const local = at < 0 ? '' : bare.slice(0, at).normalize('NFC').toLowerCase();
    const domain = bare
      .slice(at + 1)
      .normalize('NFC')
      .toLowerCase()
      .replace(/\.$/, '');
    const resource = slash < 0 ? '' : text.slice(slash + 1).normalize('NFC');
    if ([local, domain, resource].some((part) => Buffer.byteLength(part) > MAX_PART_BYTES)) return undefined;
    if (at >= 0 && !(LOCAL_ALLOWED.test(local) && !LOCAL_FORBIDDEN.test(local))) return undefined;
    if (slash >= 0 && !RESOURCE_ALLOWED.test(resource)) return undefined;
    if (!DOMAIN_ALLOWED.test(domain)) return undefined;
    return new Jid(local, domain, resource);
  }

  withResource(resource: string): Jid {
    return new Jid(this.local, this.domain, resource);
  }

  get bare(): string {
    return this.local ? `${this.local}@${this.domain}` : this.domain;
  }

  toString(): string {
    return this.resource ? `${this.bare}/${this.resource}` : this.bare;
  }
}
