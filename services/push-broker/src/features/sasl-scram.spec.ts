import { expect, it } from 'vitest';
import { VerifiedSecret } from '../accounts/secrets';
import { scramVerifier } from '../accounts/scram-verifier';
import type { ScramHash } from '../core/accounts';
import { XmppServer } from '../core/server';
import type { Stream } from '../core/stream';
import { MemorySocket } from '../testing/memory-socket';
import { TEST_DOMAIN, TestServer } from '../testing/test-broker';
import { Guesses } from './sasl-guesses';
import type { SaslStep } from './sasl-mechanism';
import { saslScram, type ScramOptions } from './sasl-scram';

/** The account of the RFCs' examples: user, pencil. */
async function exchange(salt: string, nonce: string, options: Pick<ScramOptions, 'hash'> & Partial<ScramOptions>) {
  const { server } = new TestServer();
  const kept = await scramVerifier(options.hash, 'pencil', Buffer.from(salt, 'base64'), 4096);
  const secret = new VerifiedSecret({ [options.hash]: kept });
  const accounts = {
    find: (username: string) =>
      Promise.resolve(username === 'user' ? { account: { username, kind: 'tool' as const }, secret } : undefined),
    decoy: () => secret,
  };
  const guesses = new Guesses({ perAddress: 10, perAccount: 10, windowSeconds: 60 });
  const scram = saslScram(
    { server, accounts, guesses },
    { plus: false, plusOffered: () => false, nonce: () => nonce, ...options },
  );
  const exchanged = scram.begin(streamOf(server));
  return async (text: string): Promise<SaslStep> => exchanged.respond(Buffer.from(text));
}

function streamOf(server: XmppServer): Stream {
  const exporter = (label: string, length: number): Buffer => Buffer.alloc(length, label);
  const tls = { version: 'TLSv1.3' as const, resumed: false, bindable: true, exporter };
  return server.accept(new MemorySocket(), { address: '192.0.2.1', tls });
}

it('plays the example of RFC 5802, section 5', async () => {
  const send = await exchange('QSXCR+Q6sek8bf92', '3rfcNHYJY1ZVvWVs7j', { hash: 'SHA-1' });
  expect(await send('n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL')).toEqual({
    challenge: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
  });
  const end = await send('c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=');
  expect(end).toMatchObject({ kind: 'tool', data: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=' });
  expect('account' in end && String(end.account)).toBe(`user@${TEST_DOMAIN}`);
});

const FIRST = 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO';
const NONCE = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const FINAL = `c=biws,r=rOprNGfwEbeRWgbNEkqO${NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`;
const sha256 = (options: Partial<ScramOptions> = {}) =>
  exchange('W22ZaJ0SNY7soEsUEjb6gQ==', NONCE, { hash: 'SHA-256', ...options });

it('plays the example of RFC 7677, section 3', async () => {
  const send = await sha256();
  expect(await send(FIRST)).toEqual({
    challenge: `r=rOprNGfwEbeRWgbNEkqO${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
  });
  expect(await send(FINAL)).toMatchObject({ data: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=' });
});

it('takes no other proof, nonce or binding, and no other name', async () => {
  const wrong = [
    FINAL.replace('p=d', 'p=e'),
    FINAL.replace('r=rO', 'r=rP'),
    FINAL.replace('c=biws', 'c=eSws'),
    FINAL.replace(',p=', ',x=y,p='),
  ];
  for (const final of wrong) {
    const send = await sha256();
    await send(FIRST);
    await expect(send(final), final).rejects.toMatchObject({ condition: 'not-authorized' });
  }
  // The same bits, spelt in another way.
  const careless = await sha256();
  await careless(FIRST);
  await expect(careless(FINAL.replace(/Q=$/, 'R='))).rejects.toMatchObject({ condition: 'malformed-request' });
  const send = await sha256();
  await send(FIRST.replace('n=user', 'n=other'));
  await expect(send(FINAL)).rejects.toMatchObject({ condition: 'not-authorized' });
});

it('refuses what is not SCRAM', async () => {
  const malformed = [
    '',
    'n',
    'n,,',
    'x,,n=a,r=b',
    'n,,m=x,n=a,r=b',
    'n,,n=a=2,r=b',
    'n,,n=,r=b',
    'n,,n=a,r=',
    'n,,n=a,r=b,',
    '\xff',
  ];
  for (const first of malformed) {
    const send = await sha256();
    await expect(send(first), first).rejects.toMatchObject({ condition: 'malformed-request' });
  }
  for (const final of ['', 'c=biws', FINAL.replace(/p=.*/, 'p=AAAA'), FINAL.replace(/,p=.*/, '')]) {
    const send = await sha256();
    await send(FIRST);
    await expect(send(final), final).rejects.toMatchObject({ condition: 'malformed-request' });
  }
});

it('unescapes names', async () => {
  const send = await sha256();
  await expect(send('n,,n=a=2Cb=3D,r=c')).resolves.toMatchObject({ challenge: expect.stringContaining('r=c') });
});

it('binds to the channel, notices that this was hidden, and knows no other binding', async () => {
  const plus = { plus: true, plusOffered: () => true };
  for (const first of ['n,,n=user,r=x', 'y,,n=user,r=x', 'p=tls-unique,,n=user,r=x'])
    await expect((await sha256(plus))(first), first).rejects.toMatchObject({ condition: 'malformed-request' });
  const downgraded = await sha256({ plusOffered: () => true });
  await expect(downgraded('y,,n=user,r=x')).rejects.toMatchObject({ condition: 'not-authorized' });
  await expect((await sha256())('y,,n=user,r=x')).resolves.toHaveProperty('challenge');
  await expect((await sha256())('p=tls-exporter,,n=user,r=x')).rejects.toMatchObject({
    condition: 'malformed-request',
  });
});

it.each<ScramHash>(['SHA-1', 'SHA-256', 'SHA-512'])('%s is offered under TLS alone', (hash) => {
  const { server } = new TestServer();
  const context = { server, accounts: { find: () => Promise.resolve(undefined), decoy: () => new VerifiedSecret({}) } };
  const guesses = new Guesses({ perAddress: 1, perAccount: 1, windowSeconds: 1 });
  const plain = server.accept(new MemorySocket(), { address: '192.0.2.1' }, { secure: false });
  for (const plus of [true, false])
    expect(saslScram({ ...context, guesses }, { hash, plus, plusOffered: () => true }).suits(plain)).toBe(false);
});
