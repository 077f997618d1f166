import { domainToUnicode } from 'node:url';
import { isIdentifier, obeysBidiRule, opaqueString, username } from './precis';

/** No JID part may be longer than this, in bytes of UTF-8 (RFC 7622, section 3.1). */
const MAX_PART_BYTES = 1023;
/** Never in a localpart, though PRECIS has nothing against them (RFC 7622, section 3.3.1). */
const LOCAL_FORBIDDEN = /["&'/:<>@]/;
const ASCII_DOMAIN = /^[a-z\d](?:[-a-z\d]*[a-z\d])?(?:\.[a-z\d](?:[-a-z\d]*[a-z\d])?)*$/;
const ADDRESS_LITERAL = /^\[[\da-f:.]+\]$/;
const PUNYCODE = /(?:^|\.)xn--/;

/**
 * An XMPP address (RFC 7622) in its normal form, so that equal addresses are equal strings: the localpart under PRECIS'
 * UsernameCaseMapped, the domainpart as U-labels (RFC 5890), the resource under OpaqueString.
 */
export class Jid {
  /** Without the resource. Made once: every stanza is looked up by it. */
  readonly bare: string;

  private constructor(
    readonly local: string,
    readonly domain: string,
    readonly resource: string,
  ) {
    this.bare = local ? `${local}@${domain}` : domain;
  }

  /** @returns undefined when the text is not a JID */
  static parse(text: string): Jid | undefined {
    const slash = text.indexOf('/');
    const bare = slash < 0 ? text : text.slice(0, slash);
    const at = bare.indexOf('@');
    const local = at < 0 ? '' : localpart(bare.slice(0, at));
    const domain = domainpart(bare.slice(at + 1));
    const resource = slash < 0 ? '' : resourcepart(text.slice(slash + 1));
    if (local === undefined || domain === undefined || resource === undefined) return undefined;
    return new Jid(local, domain, resource);
  }

  withResource(resource: string): Jid {
    return new Jid(this.local, this.domain, resource);
  }

  toString(): string {
    return this.resource ? `${this.bare}/${this.resource}` : this.bare;
  }
}

/** @returns the normal form, or undefined when the text is not a localpart */
export function localpart(text: string): string | undefined {
  const local = fitting(text) && username(text);
  return local !== undefined && !LOCAL_FORBIDDEN.test(local) ? fitting(local) : undefined;
}

/** @returns the normal form, or undefined when the text is not a resourcepart */
export function resourcepart(text: string): string | undefined {
  // RFC 7622, section 3.5, has a leading space among what is not a JID.
  const resource = fitting(text) && !text.startsWith(' ') ? opaqueString(text) : undefined;
  return resource && fitting(resource);
}

function domainpart(text: string): string | undefined {
  const domain = fitting(text)?.toLowerCase().replace(/\.$/, '');
  if (domain === undefined) return undefined;
  if (ASCII_DOMAIN.test(domain) && !PUNYCODE.test(domain)) return domain;
  if (ADDRESS_LITERAL.test(domain)) return domain;
  const mapped = domainToUnicode(domain);
  return mapped !== '' && mapped.split('.').every(isLabel) ? fitting(mapped) : undefined;
}

/** A label of letters, digits and inner hyphens (RFC 5891, section 4.2.3; RFC 5893). */
function isLabel(label: string): boolean {
  if (!/^[^\p{M}-][^\u0000-\u002c\u002e\u002f\u003a-\u0060\u007b-\u007f]*$/u.test(label)) return false;
  return !label.endsWith('-') && label.slice(2, 4) !== '--' && isIdentifier(label) && obeysBidiRule(label);
}

const fitting = (part: string): string | undefined =>
  part !== '' && part.length <= MAX_PART_BYTES && Buffer.byteLength(part) <= MAX_PART_BYTES ? part : undefined;
