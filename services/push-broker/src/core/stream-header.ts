import { Jid } from './jid';
import { CLIENT_NS, STREAM_NS } from './namespaces';
import { StreamError } from './stream-error';
import type { Element } from './xml/element';

/** As much of RFC 5646 as tells a language from something else. */
const LANGUAGE_TAG = /^[a-z]{1,8}(?:-[a-z\d]{1,8}){0,7}$/i;

/** What a peer's stream header says that holds for all of its stream (RFC 6120, section 4.7). */
export interface StreamHeader {
  from: string | undefined;
  language: string | undefined;
}

/**
 * Reads a header as far as its answer needs it.
 * @param declared the namespace that it declares as default
 * @throws StreamError when this is no stream of a client (section 4.8)
 */
export function readHeader(header: Element, declared: string | undefined): StreamHeader {
  if (!header.is('stream', STREAM_NS)) throw new StreamError('invalid-namespace', 'not an XMPP stream');
  if (declared === STREAM_NS) throw new StreamError('bad-namespace-prefix', 'the stream needs a prefix');
  if (declared !== CLIENT_NS) throw new StreamError('invalid-namespace', `the content must be ${CLIENT_NS}`);
  const language = header.attribute('xml:lang') ?? '';
  return { from: header.attribute('from'), language: LANGUAGE_TAG.test(language) ? language : undefined };
}

/** @throws StreamError when the stream is not for this domain, of no version known here, or in another's name */
export function checkHeader(header: Element, domain: string, account: Jid | undefined): void {
  if (!(Number.parseInt(header.attribute('version') ?? '0', 10) >= 1)) throw new StreamError('unsupported-version');
  const to = Jid.parse(header.attribute('to') ?? '');
  if (!to) throw new StreamError('improper-addressing', 'the stream needs an address in `to`');
  if (to.toString() !== domain) throw new StreamError('host-unknown');
  const from = header.attribute('from');
  if (from !== undefined && account && claimsAnother(from, account)) throw new StreamError('invalid-from');
}

/** Clients there are that name their own host here, which is no account: that claims nothing. */
function claimsAnother(from: string, account: Jid): boolean {
  const jid = Jid.parse(from);
  return jid?.local !== '' && jid?.bare !== account.bare;
}
