import { XMPP_ADDRESS_OID } from '@muster/contracts';
import { context, type DerElement, OBJECT_IDENTIFIER, OCTET_STRING, oid, readDer, SEQUENCE, UTF8_STRING } from './der';

const SUBJECT_ALTERNATIVE_NAME = oid('2.5.29.17');
const XMPP_ADDRESS = oid(XMPP_ADDRESS_OID);

/**
 * The `id-on-xmppAddr` names in the subject alternative name of a certificate (RFC 6120, section 13.7.1.4). Read from the
 * DER itself: Node.js gives alternative names as one line of text, which an issuer's odd choice of name can confuse.
 * @returns none when the certificate has none or cannot be read
 */
export function xmppAddresses(certificate: Buffer): string[] {
  try {
    return extensions(certificate).filter(isAlternativeName).flatMap(addressesIn);
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** Certificate → tbsCertificate → [3] extensions → each a SEQUENCE (RFC 5280, section 4.1). */
function extensions(certificate: Buffer): DerElement[][] {
  const [outer] = readDer(certificate);
  const [body] = outer ? readDer(outer.content) : [];
  const wrapper = body ? readDer(body.content).find(({ tag }) => tag === context(3)) : undefined;
  const [list] = wrapper ? readDer(wrapper.content) : [];
  return (list ? readDer(list.content) : []).map(({ content }) => readDer(content));
}

const isAlternativeName = ([id]: DerElement[]): boolean =>
  id?.tag === OBJECT_IDENTIFIER && id.content.equals(SUBJECT_ALTERNATIVE_NAME);

/** GeneralNames → otherName [0] { type-id, value [0] EXPLICIT UTF8String } */
function addressesIn(extension: DerElement[]): string[] {
  const value = extension.at(-1);
  if (value?.tag !== OCTET_STRING) return [];
  const [names] = readDer(value.content);
  if (names?.tag !== SEQUENCE) return [];
  return readDer(names.content).flatMap(({ tag, content }) => {
    if (tag !== context(0)) return [];
    const [type, wrapped] = readDer(content);
    if (type?.tag !== OBJECT_IDENTIFIER || !type.content.equals(XMPP_ADDRESS) || wrapped?.tag !== context(0)) return [];
    const [text] = readDer(wrapped.content);
    return text?.tag === UTF8_STRING ? [text.content.toString('utf8')] : [];
  });
}
