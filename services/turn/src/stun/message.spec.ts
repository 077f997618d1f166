import { describe, expect, it } from 'vitest';
import { formatIpv6, readXorAddress } from './address';
import { ATTRIBUTE, MESSAGE_CLASS, METHOD } from './constants';
import { isIntact, longTermKey } from './integrity';
import { MessageReader } from './message-reader';
import { MessageWriter } from './message-writer';

const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');

/** RFC 5769, section 2.2: a response with an IPv4 address. Its software attribute is optional to understand. */
const RESPONSE = bytes(`0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220
  00200008 0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96`);

/** RFC 5769, section 2.3: the same with an IPv6 address. */
const RESPONSE_IPV6 = bytes(`01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220
  00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
  80280004 c8fb0b4c`);

const PASSWORD = Buffer.from('VOkJxbRl1RmTxUk/WvJxBt');

const mapped = (message: MessageReader | undefined) => {
  const value = message?.value(ATTRIBUTE.xorMappedAddress);
  return message && value && readXorAddress(message.bytes, value.byteOffset - message.bytes.byteOffset, value.length);
};

describe('the test vectors of RFC 5769', () => {
  it('are read, their fingerprint and integrity fit', () => {
    const message = MessageReader.read(RESPONSE);
    expect(message).toMatchObject({ method: METHOD.binding, messageClass: MESSAGE_CLASS.success, fingerprint: true });
    expect(mapped(message)).toEqual({ family: 4, address: '192.0.2.1', port: 32853 });
    expect(message && isIntact(message, PASSWORD)).toBe(true);
    expect(message && isIntact(message, Buffer.from('another'))).toBe(false);
  });

  it('are read with an IPv6 address', () => {
    const message = MessageReader.read(RESPONSE_IPV6);
    expect(mapped(message)).toEqual({ family: 6, address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 });
    expect(message && isIntact(message, PASSWORD)).toBe(true);
  });

  it('are refused when one byte up to the integrity, or of the fingerprint, differs', () => {
    const unprotected = RESPONSE.length - 8; // the type of what follows the integrity, which is then no fingerprint
    for (let at = 0; at < RESPONSE.length; at++) {
      if (at === unprotected || at === unprotected + 1) continue;
      const changed = Buffer.from(RESPONSE);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const message = MessageReader.read(changed);
      expect(message && isIntact(message, PASSWORD), `byte ${at}`).toBeFalsy();
    }
  });
});

describe('what is written is read', () => {
  it.each(['sha1', 'sha256'] as const)('with integrity by %s', (algorithm) => {
    const key = { key: longTermKey('1:ada', 'muster', 'secret'), algorithm };
    const written = new MessageWriter(METHOD.allocate, MESSAGE_CLASS.request, Buffer.alloc(12, 7))
      .text(ATTRIBUTE.username, '1:ada')
      .address(ATTRIBUTE.xorPeerAddress, { family: 6, address: '2001:db8::9:0:0:1', port: 4 })
      .finish({ key, fingerprint: true });
    const message = MessageReader.read(written);
    expect(message?.value(ATTRIBUTE.username)?.toString()).toBe('1:ada');
    expect(message?.peers()).toEqual([{ family: 6, address: '2001:db8::9:0:0:1', port: 4 }]);
    expect(message && isIntact(message, key.key)).toBe(true);
  });

  it('but for what follows the integrity, which anybody could have added', () => {
    const key = { key: longTermKey('1:ada', 'muster', 'secret'), algorithm: 'sha1' } as const;
    const written = new MessageWriter(METHOD.refresh, MESSAGE_CLASS.request, Buffer.alloc(12, 7)).finish({ key });
    const added = Buffer.concat([written, bytes('000d0004 00000000')]);
    added.writeUInt16BE(added.length - 20, 2);
    const message = MessageReader.read(added);
    expect(message && isIntact(message, key.key)).toBe(true);
    expect(message?.has(ATTRIBUTE.lifetime)).toBe(false);
  });
});

describe('IPv6 addresses', () => {
  it.each([
    [[0, 0, 0, 0, 0, 0, 0, 0], '::'],
    [[0, 0, 0, 0, 0, 0, 0, 1], '::1'],
    [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], '2001:db8::1:0:0:1'],
    [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], '2001:db8:0:1:1:1:1:1'],
    [[0, 0, 0, 0, 0, 0xffff, 0x0a01, 0x0203], '::ffff:10.1.2.3'],
    [[1, 0, 0, 0, 0, 0, 0, 0], '1::'],
  ])('%j are written as the system writes them: %s', (words, written) => expect(formatIpv6(words)).toBe(written));
});

it('nothing that is cut short or mangled is read beyond its end', () => {
  for (let round = 0; round < 20_000; round++) {
    const mangled = Buffer.from(RESPONSE_IPV6.subarray(0, 20 + 4 * Math.floor(Math.random() * 18)));
    mangled.writeUInt16BE(mangled.length - 20, 2);
    for (let flips = 0; flips < 3 && mangled.length > 20; flips++)
      mangled[20 + Math.floor(Math.random() * (mangled.length - 20))] = Math.floor(Math.random() * 256);
    const message = MessageReader.read(mangled);
    expect(message?.peers().length ?? 0).toBeLessThan(19);
    if (message) expect(isIntact(message, PASSWORD) && mangled.length < RESPONSE_IPV6.length).toBe(false);
  }
});
