import { describe, expect, it } from 'vitest';
import { type Info, verificationOf } from './capabilities';

/** XEP-0115, sections 5.2 and 5.3. */
const SIMPLE: Info = {
  identities: [{ category: 'client', type: 'pc', name: 'Exodus 0.9.1' }],
  features: [
    'http://jabber.org/protocol/muc',
    'http://jabber.org/protocol/disco#info',
    'http://jabber.org/protocol/caps',
    'http://jabber.org/protocol/disco#items',
  ],
};
const COMPLEX: Info = {
  identities: [
    { category: 'client', type: 'pc', lang: 'el', name: 'Ψ 0.11' },
    { category: 'client', type: 'pc', lang: 'en', name: 'Psi 0.11' },
  ],
  features: SIMPLE.features,
  forms: [
    {
      type: 'urn:xmpp:dataforms:softwareinfo',
      fields: {
        ip_version: ['ipv6', 'ipv4'],
        os: ['Mac'],
        os_version: ['10.5.1'],
        software: ['Psi'],
        software_version: ['0.11'],
      },
    },
  ],
};

describe('the verification string', () => {
  it('is that of the simple example of XEP-0115', () =>
    expect(verificationOf(SIMPLE)).toBe('QgayPKawpkPSDYmwT/WM94uAlu0='));

  it('is that of its complex example, with languages and a form', () =>
    expect(verificationOf(COMPLEX)).toBe('q07IKJEyjvHSyhy//CH0CxmKi8w='));

  it('sorts by octets and not by UTF-16', () => {
    // U+FF61 has the smaller code point and bytes, and the larger code unit than the first half of U+10002.
    const features = ['\u{10002}', '\uff61'];
    expect(verificationOf({ identities: [], features })).toBe(
      verificationOf({ identities: [], features: features.toReversed() }),
    );
  });
});
