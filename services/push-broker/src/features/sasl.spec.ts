import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { eventually, TestAuthority } from '@muster/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DIGESTS } from '../accounts/scram-verifier';
import { SCRAM_HASHES, type ScramHash } from '../core/accounts';
import { BIND, HEADER, PING } from '../testing/dialogue';
import { testAccounts } from '../testing/test-accounts';
import { TEST_DOMAIN, TestBroker } from '../testing/test-broker';
import { TranscriptClient } from '../testing/transcript-client';

const SASL = `xmlns='urn:ietf:params:xml:ns:xmpp-sasl'`;
let authority: TestAuthority;
let broker: TestBroker;
const sockets: TLSSocket[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
});
beforeEach(async () => {
  broker = await TestBroker.start(authority, { sasl: { accounts: testAccounts() } });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await broker.stop();
  expect(broker.faults).toEqual([]);
});

class Client {
  readonly #stream: TranscriptClient;

  private constructor(readonly socket: TLSSocket) {
    this.#stream = new TranscriptClient(socket);
  }

  static async connect(options: ConnectionOptions = {}): Promise<Client> {
    const socket = broker.connect(undefined, options);
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return new Client(socket);
  }

  /** Next first-level element, headers aside. */
  async element() {
    for (;;) {
      const received = await this.#stream.next(3000);
      if (received?.kind === 'element') return received.element;
      if (received?.kind !== 'header') throw new Error(`${received?.kind ?? 'nothing'} came`);
    }
  }

  async mechanisms(): Promise<string[]> {
    this.socket.write(HEADER);
    const features = await this.element();
    const offer = features.child('mechanisms', 'urn:ietf:params:xml:ns:xmpp-sasl');
    return offer?.elements.map(({ text }) => text) ?? [];
  }

  /** The client's side of SCRAM, written from RFC 5802. @returns the name and text of what ended it */
  async scram(hash: ScramHash, gs2Header: string, binding: Buffer = Buffer.alloc(0), password = 'pencil') {
    const { name: digest, bytes } = DIGESTS[hash];
    const hmac = (key: Buffer, text: string): Buffer => createHmac(digest, key).update(text).digest();
    const nonce = randomBytes(9).toString('base64');
    const first = `n=integrator,r=${nonce}`;
    const mechanism = `SCRAM-${hash}${gs2Header.startsWith('p=') ? '-PLUS' : ''}`;
    this.socket.write(`<auth ${SASL} mechanism='${mechanism}'>${base64(gs2Header + first)}</auth>`);
    const challenge = await this.element();
    if (challenge.name !== 'challenge') return { ended: challenge.elements[0]?.name };
    const asked = decoded(challenge.text);
    const [, full = '', salt = '', iterations = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(asked) ?? [];
    expect(full.startsWith(nonce) && full.length > nonce.length + 16).toBe(true);
    const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), bytes, digest);
    const clientKey = hmac(salted, 'Client Key');
    const withoutProof = `c=${Buffer.concat([Buffer.from(gs2Header), binding]).toString('base64')},r=${full}`;
    const message = `${first},${asked},${withoutProof}`;
    const signature = hmac(createHash(digest).update(clientKey).digest(), message);
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))).toString('base64');
    this.socket.write(`<response ${SASL}>${base64(`${withoutProof},p=${proof}`)}</response>`);
    const end = await this.element();
    if (end.name !== 'success') return { ended: end.elements[0]?.name };
    expect(decoded(end.text)).toBe(`v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`);
    return { ended: 'success' };
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const decoded = (text: string): string => Buffer.from(text, 'base64').toString();
const exported = (socket: TLSSocket): Buffer =>
  socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
const only = (version: 'TLSv1.2' | 'TLSv1.3'): ConnectionOptions => ({ minVersion: version, maxVersion: version });

describe.each(SCRAM_HASHES)('SCRAM-%s', (hash) => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('binds to the connection under %s, and to no other', async (version) => {
    const client = await Client.connect(only(version));
    expect(await client.mechanisms()).toContain(`SCRAM-${hash}-PLUS`);
    const other = await Client.connect(only(version));
    expect(await client.scram(hash, 'p=tls-exporter,,', exported(other.socket))).toEqual({ ended: 'not-authorized' });
    expect(await client.scram(hash, 'p=tls-exporter,,', exported(client.socket))).toEqual({ ended: 'success' });
  });

  it('goes without, for those who cannot, and not for those who were told so', async () => {
    const client = await Client.connect();
    await client.mechanisms();
    expect(await client.scram(hash, 'y,,')).toEqual({ ended: 'not-authorized' });
    expect(await client.scram(hash, 'n,,', undefined, 'eraser')).toEqual({ ended: 'not-authorized' });
    expect(await client.scram(hash, `n,a=integrator@${TEST_DOMAIN},`)).toEqual({ ended: 'success' });
  });
});

it('reads on where it was when the answer took a moment', async () => {
  const client = await Client.connect();
  const auth = `<auth ${SASL} mechanism='PLAIN'>${base64('\0integrator\0pencil')}</auth>`;
  client.socket.write(HEADER + auth + HEADER + BIND + PING);
  const names = [];
  for (let i = 0; i < 5; i++) names.push((await client.element()).name);
  expect(names).toEqual(['features', 'success', 'features', 'iq', 'iq']);
  const [session] = broker.server.sessions.of(`integrator@${TEST_DOMAIN}`);
  expect(session?.kind).toBe('tool');
});

it('survives a peer that leaves while its password is looked at', async () => {
  const client = await Client.connect();
  await client.mechanisms();
  client.socket.write(`<auth ${SASL} mechanism='PLAIN'>${base64('\0integrator\0pencil')}</auth>`);
  client.socket.destroy();
  await eventually(() => broker.server.streams.size === 0);
  expect(broker.server.sessions.count).toBe(0);
});

it('offers EXTERNAL alone to who has a certificate with an account', async () => {
  const device = await authority.device('01900000-0000-7000-8000-00000000000a', { xmppDomain: TEST_DOMAIN });
  const client = await Client.connect({ cert: device.chain, key: device.key });
  expect(await client.mechanisms()).toEqual(['EXTERNAL']);
  client.socket.write(`<auth ${SASL} mechanism='PLAIN'>${base64('\0integrator\0pencil')}</auth>`);
  expect((await client.element()).elements[0]?.name).toBe('invalid-mechanism');
});

it('tells of every refusal', async () => {
  const client = await Client.connect();
  await client.mechanisms();
  client.socket.write(`<auth ${SASL} mechanism='PLAIN'>${base64('\0integrator\0x')}</auth>`);
  await client.element();
  client.socket.write(`<abort ${SASL}/>`);
  await client.element();
  expect(broker.refused).toEqual(['not-authorized', 'aborted']);
});
