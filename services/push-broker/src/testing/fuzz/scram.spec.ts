import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { scramVerifier } from '../../accounts/scram-verifier';
import { VerifiedSecret } from '../../accounts/secrets';
import { type Accounts, SCRAM_HASHES, type ScramHash } from '../../core/accounts';
import { HEADER } from '../dialogue';
import { MemorySocket } from '../memory-socket';
import { damaged, generator, pickFrom } from './random';
import { FuzzRig } from './rig';
import { runsOr, SEED } from './settings';

const RUNS = runsOr(1000);
/** So few that thousands of exchanges take seconds. */
const ITERATIONS = 2;
const SALT = Buffer.from('salt of all accounts');
const BINDING = Buffer.alloc(32, 'keys');
const SASL_NS = 'urn:ietf:params:xml:ns:xmpp-sasl';
const DIGESTS: Record<ScramHash, string> = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-512': 'sha512' };

const random = generator(SEED);
const pick = pickFrom(random);

async function accounts(): Promise<Accounts> {
  const verifiers = await Promise.all(SCRAM_HASHES.map((hash) => scramVerifier(hash, 'pencil', SALT, ITERATIONS)));
  const secret = new VerifiedSecret(Object.fromEntries(SCRAM_HASHES.map((hash, at) => [hash, verifiers[at]])));
  return {
    find: (username) => (username === 'user' ? { account: { username, kind: 'tool' }, secret } : undefined),
    decoy: () => secret,
  };
}

interface Attempt {
  hash: ScramHash;
  plus: boolean;
  /** What a client says that does everything right; the answer to a challenge is its. */
  first: string;
  final: (challenge: string) => string;
}

/** RFC 5802, section 3, from the client's end. */
function attempt(): Attempt {
  const hash = pick(SCRAM_HASHES);
  const plus = random(2) === 1;
  const header = plus ? 'p=tls-exporter,,' : 'n,,';
  const bare = `n=user,r=${Array.from({ length: 12 }, () => pick([...'abcXYZ019+/'])).join('')}`;
  const digest = DIGESTS[hash];
  const hmac = (key: Buffer, text: string): Buffer => createHmac(digest, key).update(text).digest();
  const length = createHash(digest).digest().length;
  const salted = pbkdf2Sync('pencil', SALT, ITERATIONS, length, digest);
  const clientKey = hmac(salted, 'Client Key');
  const storedKey = createHash(digest).update(clientKey).digest();
  return {
    hash,
    plus,
    first: header + bare,
    final: (challenge) => {
      const nonce = /^r=([^,]*)/.exec(challenge)?.[1] ?? '';
      const bound = Buffer.concat([Buffer.from(header), plus ? BINDING : Buffer.alloc(0)]).toString('base64');
      const withoutProof = `c=${bound},r=${nonce}`;
      const signature = hmac(storedKey, `${bare},${challenge},${withoutProof}`);
      const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0));
      return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
    },
  };
}

const NONSENSE = [
  ...['', '=', ',', 'n,,', 'n,,n=,r=', 'y,,n=user,r=a', 'p=tls-unique,,n=user,r=a', 'n,a=other,n=user,r=a'],
  ...['n,,m=x,n=user,r=a', 'n,,n=user=2C,r=a', 'n,,n=us=er,r=a', 'c=biws,r=a,p=', 'c=biws,r=,p=AAAA', '\0user\0pencil'],
  ...['n,,n=üser,r=a', 'n,,n=user,r=ü', `n,,n=${'u'.repeat(5000)},r=a`, `n,,n=user,r=${'r'.repeat(5000)}`],
];

/** The message as it is, or not quite. */
function bent(text: string): Buffer {
  let bytes: Buffer = Buffer.from(random(8) ? text : pick(NONSENSE));
  if (random(2)) for (let i = random(4); i > 0; i--) bytes = damaged(bytes, random);
  return bytes;
}

const decoded = (base64: string): Buffer => Buffer.from(base64, 'base64');

it(`lets in whoever says exactly the right thing, and nobody else (seed ${SEED})`, { timeout: 3_600_000 }, async () => {
  const rig = new FuzzRig({
    sasl: { accounts: await accounts(), guesses: { perAddress: 1e9, perAccount: 1e9, windowSeconds: 60 } },
  });
  const tls = { version: 'TLSv1.3' as const, resumed: false, bindable: true, exporter: () => BINDING };
  let admitted = 0;
  let challenged = 0;
  for (let run = 0; run < RUNS; run++) {
    const socket = new MemorySocket();
    rig.broker.server.accept(socket, { address: '192.0.2.1', tls });
    const says = async (xml: string): Promise<string> => {
      socket.output = '';
      socket.feed(xml);
      for (let turn = 0; turn < 50 && !/<\/?(challenge|failure|success|stream:stream>)/.test(socket.output); turn++)
        await tick();
      return socket.output;
    };
    const { hash, plus, first, final } = attempt();
    const sent = bent(first);
    const own = `SCRAM-${hash}${plus ? '-PLUS' : ''}`;
    const mechanism = random(20) ? own : pick(['SCRAM-SHA-1', 'EXTERNAL', 'X', '']);
    const auth = `<auth xmlns='${SASL_NS}' mechanism='${mechanism}'>${sent.toString('base64') || '='}</auth>`;
    if (random(10) === 0)
      await says(HEADER + `<response xmlns='${SASL_NS}'>${bent(first).toString('base64')}</response>`);
    else socket.feed(HEADER);
    const challenge = /<challenge [^>]*>([^<]*)</.exec(await says(auth))?.[1];
    const about = `run ${run}: ${mechanism} ${JSON.stringify(sent.toString('latin1'))}`;
    let answer = socket.output;
    let right = false;
    if (challenge !== undefined) {
      challenged++;
      const expected = final(decoded(challenge).toString());
      const response = bent(expected);
      let text = response.toString('base64') || '=';
      if (random(10) === 0)
        text = damaged(Buffer.from(text), random)
          .toString('latin1')
          .replace(/[<&\0-\x1f\x80-\xff]/g, '');
      right = mechanism === own && sent.toString() === first && decoded(text).equals(Buffer.from(expected));
      answer = await says(`<response xmlns='${SASL_NS}'>${text}</response>`);
      // Base64 that nobody would write may be refused, whatever it stands for.
      if (text !== response.toString('base64')) right &&= answer.includes('<success');
    }
    expect(answer.includes('<success'), `${about}\n${answer}`).toBe(right);
    if (right) admitted++;
    expect(rig.broker.faults, about).toEqual([]);
    socket.cut();
  }
  expect(challenged).toBeGreaterThan(RUNS / 4);
  expect(admitted).toBeGreaterThan(RUNS / 20);
  await tick();
  await rig.expectUnharmed();
  rig.end();
});
