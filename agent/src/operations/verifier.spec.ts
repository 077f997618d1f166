import { beforeAll, describe, expect, it } from 'vitest';
import { PURPOSE_OIDS, type RefusalReason, type Signed } from '@muster/contracts';
import { issue, type Issued, makeRoot, makeSigner, signText } from '../testing/certificate-maker';
import { DEVICE_ID, makeOperation, ORGANISATION_ID } from '../testing/operation-maker';
import { verifyCancel, type VerifyContext, verifyOperation } from './verifier';

const DAY_MS = 86_400_000;
let root: Issued;
let signer: Issued;
let otherRoot: Issued;

beforeAll(async () => {
  root = await makeRoot();
  otherRoot = await makeRoot('Other root');
  signer = await makeSigner(root, 'operation');
});

const context = (changes: Partial<VerifyContext> = {}): VerifyContext => ({
  deviceId: DEVICE_ID,
  organisationId: ORGANISATION_ID,
  anchors: [root.certificate],
  now: Date.now(),
  mark: { epoch: 1, sequence: 0 },
  languages: ['sh'],
  ...changes,
});
const signed = (changes: object = {}): Signed => signText(JSON.stringify({ ...makeOperation(), ...changes }), signer);
const refusalOf = (given: Signed, changes: Partial<VerifyContext> = {}): RefusalReason | 'accepted' => {
  const verdict = verifyOperation(given, context(changes));
  return verdict.accepted ? 'accepted' : verdict.refusal;
};

describe('verifyOperation', () => {
  it('accepts a genuine operation', () => {
    expect(refusalOf(signed())).toBe('accepted');
  });

  it('refuses a payload that was changed by one byte', () => {
    const genuine = signed();
    expect(refusalOf({ ...genuine, payload: genuine.payload.replace('hello', 'hellp') })).toBe('bad-signature');
    expect(refusalOf({ ...genuine, payload: `${genuine.payload} ` })).toBe('bad-signature');
    expect(refusalOf({ ...genuine, signature: '' })).toBe('bad-signature');
    expect(refusalOf({ ...genuine, signature: 'AAAA' })).toBe('bad-signature');
  });

  it('refuses every signer that a pinned root did not delegate to sign operations', async () => {
    const payload = JSON.stringify(makeOperation());
    const issuing = await issue({ name: 'Issuing CA', issuer: root, ca: true });
    const usages = [PURPOSE_OIDS.operation];
    const signers: Record<string, Issued> = {
      'delegated for endpoint maps': await makeSigner(root, 'endpoint-map'),
      'without any usage': await issue({ name: 'plain', issuer: root }),
      'under a root that is not pinned': await makeSigner(otherRoot, 'operation'),
      'under an issuing CA': await issue({ name: 'low', issuer: issuing, usages }),
      'self-signed': await issue({ name: 'self', usages }),
      expired: await issue({
        name: 'old',
        issuer: root,
        usages,
        from: Date.now() - 9 * DAY_MS,
        to: Date.now() - DAY_MS,
      }),
      'not valid yet': await issue({ name: 'new', issuer: root, usages, from: Date.now() + DAY_MS }),
      'a CA': await issue({ name: 'ca', issuer: root, usages, ca: true }),
    };
    const verdicts = Object.entries(signers).map(([what, by]) => [what, refusalOf(signText(payload, by))]);
    expect(Object.fromEntries(verdicts)).toEqual(
      Object.fromEntries(Object.keys(signers).map((what) => [what, 'not-delegated'])),
    );
    const low = signers['under an issuing CA'] as Issued;
    expect(refusalOf(signText(payload, low, [low.pem, issuing.pem]))).toBe('not-delegated');
    expect(refusalOf(signText(payload, signer, []))).toBe('not-delegated');
    expect(refusalOf(signText(payload, signer, ['not a certificate']))).toBe('not-delegated');
  });

  it('refuses what is for another device or organisation', () => {
    expect(refusalOf(signed({ deviceId: ORGANISATION_ID }))).toBe('wrong-device');
    expect(refusalOf(signed({ organisationId: DEVICE_ID }))).toBe('wrong-device');
  });

  it("goes by the server's time", () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    expect(refusalOf(signed({ expiresAt }))).toBe('accepted');
    expect(refusalOf(signed({ expiresAt }), { now: Date.now() + 61_000 })).toBe('expired');
  });

  it.each([
    [{ epoch: 1, sequence: 5 }, { epoch: 1, sequence: 5 }, 'replayed'],
    [{ epoch: 1, sequence: 4 }, { epoch: 1, sequence: 5 }, 'replayed'],
    [{ epoch: 1, sequence: 9 }, { epoch: 2, sequence: 1 }, 'replayed'],
    [{ epoch: 1, sequence: 6 }, { epoch: 1, sequence: 5 }, 'accepted'],
    [{ epoch: 2, sequence: 1 }, { epoch: 1, sequence: 5 }, 'accepted'],
  ])('number %o after %o: %s', (number, mark, expected) => {
    expect(refusalOf(signed(number), { mark })).toBe(expected);
  });

  it.each([
    ['no JSON', 'hello'],
    ['null', 'null'],
    ['no script', JSON.stringify({ ...makeOperation(), script: undefined })],
    ['another purpose', JSON.stringify({ ...makeOperation(), purpose: 'cancel' })],
    ['a time limit of zero', JSON.stringify(makeOperation({ timeLimitSeconds: 0 }))],
    ['a parameter name for the loader', JSON.stringify(makeOperation({ parameters: [{ name: 'a=b', value: '' }] }))],
  ])('refuses %s as malformed', (_, payload) => {
    expect(refusalOf(signText(payload, signer))).toBe('malformed');
  });

  it('tells what it does not know or have from what is broken', () => {
    expect(refusalOf(signed({ kind: 'firmware' }))).toBe('unsupported');
    expect(refusalOf(signed({ language: 'perl' }))).toBe('unsupported');
    expect(refusalOf(signed({ language: 'python' }))).toBe('unsupported');
    expect(refusalOf(signed({ language: 'perl', script: '' }))).toBe('malformed');
  });

  it('counts the number of a genuine operation as seen even when it does not run', () => {
    const late = verifyOperation(signed({ sequence: 7, expiresAt: new Date(0).toISOString() }), context());
    expect(late).toMatchObject({ refusal: 'expired', mark: { epoch: 1, sequence: 7 } });
    const forged = verifyOperation({ ...signed({ sequence: 7 }), signature: '' }, context());
    expect(forged).toMatchObject({ refusal: 'bad-signature', mark: undefined });
  });
});

describe('verifyCancel', () => {
  const cancel = { purpose: 'cancel', operationId: DEVICE_ID, organisationId: ORGANISATION_ID, deviceId: DEVICE_ID };
  const issuedAt = new Date().toISOString();

  it('accepts a genuine cancel and nothing else', () => {
    const text = JSON.stringify({ ...cancel, issuedAt });
    expect(verifyCancel(signText(text, signer), context())).toEqual({ operationId: DEVICE_ID });
    expect(verifyCancel({ ...signText(text, signer), payload: `${text} ` }, context())).toEqual({
      why: 'bad-signature',
    });
    const foreign = JSON.stringify({ ...cancel, issuedAt, deviceId: ORGANISATION_ID });
    expect(verifyCancel(signText(foreign, signer), context())).toEqual({ why: 'wrong-device' });
    expect(verifyCancel(signText(JSON.stringify(makeOperation()), signer), context())).toHaveProperty('why');
  });
});
