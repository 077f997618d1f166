import { createPrivateKey, createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError, PURPOSE_OIDS } from '@muster/contracts';
import { faultOfSigned } from '@muster/testing';
import { Authority } from './authority';
import { createAuthority } from './authority-creation';
import { readAuthority } from './authority-files';
import { addMissingDelegation, renewDelegations } from './delegation-renewal';
import { delegationProfile, rootProfile } from './profiles';
import { certify } from './certify';
import { certifiedKey, keyToPem, newKey, publicKeyDer, selfSign, validFrom, validTo } from './x509';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-ca-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const options = () => ({ dir, xmppDomain: 'xmpp.example.test', certificateDays: 90, renewAfterDays: 60 });
const deviceKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const spkiOf = (key: ReturnType<typeof deviceKey>) => key.export({ format: 'der', type: 'spki' });
const DEVICE = '01900000-0000-7000-8000-0000000000aa';

describe('creation', () => {
  it('makes roots, issuing authorities and delegations that openssl accepts', async () => {
    expect(await createAuthority(dir, 'example.test')).toBe(true);
    const [root] = (await readdir(join(dir, 'roots'))).filter((name) => name.endsWith('.crt'));
    const trusted = ['-CAfile', join(dir, 'roots', root ?? '')];
    const parts = [
      'issuing/devices',
      'issuing/servers',
      'signing/operation',
      'signing/endpoint-map',
      'signing/audit-head',
      'signing/release',
    ];
    for (const part of parts) {
      expect(execFileSync('openssl', ['verify', ...trusted, join(dir, `${part}.crt`)]).toString()).toContain('OK');
    }
    const operation = new X509Certificate(await readFile(join(dir, 'signing/operation.crt')));
    expect(operation.keyUsage).toEqual([PURPOSE_OIDS.operation]);
    const shown = execFileSync('openssl', ['x509', '-noout', '-text', '-in', join(dir, 'signing/operation.crt')]);
    expect(shown.toString()).toContain(PURPOSE_OIDS.operation);
  });

  it('is done once when several instances start together', async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => createAuthority(dir, 'example.test')));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect((await readdir(dir)).sort()).toEqual(['issuing', 'roots', 'signing']);
    expect((await Authority.open(options())).problems()).toEqual([]);
  });

  it('replaces what an interrupted creation left, and never an authority that exists', async () => {
    await createAuthority(dir, 'example.test');
    const before = await readFile(join(dir, 'issuing/devices.crt'), 'utf8');
    expect(await createAuthority(dir, 'example.test')).toBe(false);
    expect(await readFile(join(dir, 'issuing/devices.crt'), 'utf8')).toBe(before);
    await rm(join(dir, 'roots'), { recursive: true });
    expect(await createAuthority(dir, 'example.test')).toBe(true);
    expect((await Authority.open(options())).problems()).toEqual([]);
  });
});

describe('an authority that the script made', () => {
  const script = join(import.meta.dirname, '../../../../certs-templates/make-certs.sh');

  it('is used like one that was made here, also after a roll-over', async () => {
    const made = join(dir, 'by-script');
    execFileSync('sh', [script, 'init', made, 'Example'], { stdio: 'pipe' });
    const authority = await Authority.open({ ...options(), dir: made });
    expect(authority.problems()).toEqual([]);
    await verifiesWithOpenssl(authority);
    execFileSync('sh', [script, 'roll', made, 'Example'], { stdio: 'pipe' });
    expect(await authority.reload()).toBe(true);
    expect(authority.problems()).toEqual([]);
    expect(authority.anchors).toHaveLength(2);
    await verifiesWithOpenssl(authority);
  });
});

/** A device's chain leads to the anchors, as the edge sees it. */
async function verifiesWithOpenssl(authority: Authority): Promise<void> {
  const files = { roots: join(dir, 'roots.pem'), chain: join(dir, 'chain.pem') };
  await writeFile(files.roots, authority.anchors.join(''));
  await writeFile(files.chain, (await authority.issue(DEVICE, spkiOf(deviceKey()))).chain);
  const verified = execFileSync('openssl', [
    ...['verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', files.roots],
    ...['-untrusted', files.chain, files.chain],
  ]);
  expect(verified.toString()).toContain('OK');
}

describe('device certificates', () => {
  it('carry the device id, its JID and nothing else, and verify for TLS clients', async () => {
    await createAuthority(dir, 'example.test');
    const authority = await Authority.open(options());
    const key = deviceKey();
    const issued = await authority.issue(DEVICE, spkiOf(key));
    expect(issued.leaf.subject).toBe(`CN=${DEVICE}`);
    expect(issued.leaf.publicKey.equals(createPublicKey(key.export({ format: 'pem', type: 'spki' })))).toBe(true);
    const lifetime = validTo(issued.leaf).getTime() - Date.now();
    expect(lifetime / 86_400_000).toBeCloseTo(90, 1);
    expect((issued.renewAfter.getTime() - Date.now()) / 86_400_000).toBeCloseTo(60, 1);

    await verifiesWithOpenssl(authority);
    const chain = join(dir, 'leaf.pem');
    await writeFile(chain, issued.chain);
    const text = execFileSync('openssl', ['x509', '-noout', '-ext', 'subjectAltName', '-in', chain]).toString();
    expect(text).toContain(`othername: XmppAddr::${DEVICE}@xmpp.example.test`);
  });

  it('never outlive their issuer', async () => {
    await createAuthority(dir, 'example.test');
    const authority = await Authority.open({ ...options(), certificateDays: 9000 });
    const issued = await authority.issue(DEVICE, spkiOf(deviceKey()));
    const issuing = new X509Certificate(await readFile(join(dir, 'issuing/devices.crt')));
    expect(validTo(issued.leaf)).toEqual(validTo(issuing));
    expect(issued.renewAfter < validTo(issued.leaf)).toBe(true);
  });
});

describe('signing', () => {
  it('signs exact text under a delegation of its purpose', async () => {
    await createAuthority(dir, 'example.test');
    const authority = await Authority.open(options());
    const texts = Array.from({ length: 500 }, (_, index) => `{"text":"ä ${index}"}`);
    const { signatures, delegation } = authority.sign('operation', texts);
    const signer = new X509Certificate(delegation[0] ?? '');
    expect(signer.verify(new X509Certificate(authority.anchors[0] ?? '').publicKey)).toBe(true);
    texts.forEach((text, index) => {
      const signature = Buffer.from(signatures[index] ?? '', 'base64');
      expect(verify('sha256', Buffer.from(text), signer.publicKey, signature)).toBe(true);
    });
    expect(verify('sha256', Buffer.from('other'), signer.publicKey, Buffer.from(signatures[0] ?? '', 'base64'))).toBe(
      false,
    );
  });

  it.each([
    ['has expired', { days: -1, purpose: 'operation' as const }, /expired on/],
    ['is for another purpose', { days: 30, purpose: 'endpoint-map' as const }, /lacks the extended key usage/],
  ])('refuses a delegation that %s', async (_case, wanted, sentence) => {
    await createAuthority(dir, 'example.test');
    const root = await currentRoot();
    const key = await newKey();
    const profile = { ...delegationProfile('example.test', wanted.purpose), days: wanted.days };
    await writeFile(join(dir, 'signing/operation.key'), keyToPem(key));
    await writeFile(join(dir, 'signing/operation.crt'), certify(publicKeyDer(key), root, profile));
    const authority = await Authority.open(options());
    expect(() => authority.sign('operation', ['x'])).toThrow(AppError);
    expect(() => authority.sign('operation', ['x'])).toThrow(sentence);
    expect(authority.sign('endpoint-map', ['x']).signatures).toHaveLength(1);
  });

  it('refuses a delegation by a root that is not trusted, and a key that is not its own', async () => {
    await createAuthority(dir, 'example.test');
    const stranger = await selfSign(await newKey(), rootProfile('elsewhere', 'x'));
    const key = await newKey();
    const pem = certify(publicKeyDer(key), stranger, delegationProfile('elsewhere', 'operation'));
    await writeFile(join(dir, 'signing/operation.crt'), pem);
    const mismatching = await Authority.open(options());
    expect(() => mismatching.sign('operation', ['x'])).toThrow(/do not belong together/);
    await writeFile(join(dir, 'signing/operation.key'), keyToPem(key));
    const foreign = await Authority.open(options());
    expect(() => foreign.sign('operation', ['x'])).toThrow(/no root in roots/);
  });
});

describe('roll-over', () => {
  it('trusts two roots, then issues under the new one, without a restart', async () => {
    await createAuthority(dir, 'example.test');
    const authority = await Authority.open(options());
    const [old] = authority.anchors;
    const other = await mkdtemp(join(tmpdir(), 'muster-ca2-'));
    try {
      await createAuthority(other, 'example.test');
      const [name = ''] = (await readdir(join(other, 'roots'))).filter((file) => file.endsWith('.crt'));
      await cp(join(other, 'roots', name), join(dir, 'roots', 'next.crt'));
      expect(await authority.reload()).toBe(true);
      expect(authority.anchors).toHaveLength(2);
      expect(authority.anchors).toContain(old);

      // Half replaced: the certificate has changed and the key has not. What was there goes on.
      await cp(join(other, 'issuing/devices.crt'), join(dir, 'issuing/devices.crt'));
      const before = authority.issuer;
      expect(await authority.reload()).toBe(true);
      expect(authority.issuer).toBe(before);
      await cp(join(other, 'issuing/devices.key'), join(dir, 'issuing/devices.key'));
      expect(await authority.reload()).toBe(true);
      expect(authority.issuer).not.toBe(before);
      expect(await authority.reload()).toBe(false);

      const issued = await authority.issue(DEVICE, spkiOf(deviceKey()));
      const issuing = new X509Certificate(await readFile(join(other, 'issuing/devices.crt')));
      expect(issued.leaf.verify(issuing.publicKey)).toBe(true);
    } finally {
      await rm(other, { recursive: true });
    }
  });

  it('keeps what it has when the last root disappears', async () => {
    await createAuthority(dir, 'example.test');
    const authority = await Authority.open(options());
    await rm(join(dir, 'roots'), { recursive: true });
    await expect(authority.reload()).rejects.toThrow();
    expect(authority.anchors).toHaveLength(1);
  });
});

describe('renewal of delegations', () => {
  it('gives a delegation that ends soon a new certificate for the same key', async () => {
    await createAuthority(dir, 'example.test');
    const root = await currentRoot();
    const key = await newKey();
    const ending = certify(publicKeyDer(key), root, {
      ...delegationProfile('example.test', 'operation'),
      days: 5,
    });
    await writeFile(join(dir, 'signing/operation.key'), keyToPem(key));
    await writeFile(join(dir, 'signing/operation.crt'), ending);
    const outcomes = await renewDelegations(dir, 'example.test', await readAuthority(dir));
    expect(outcomes).toMatchObject([{ part: 'signing/operation', renewed: true }]);
    const renewed = new X509Certificate(await readFile(join(dir, 'signing/operation.crt')));
    expect(renewed.checkPrivateKey(key)).toBe(true);
    expect(validTo(renewed).getTime() - Date.now()).toBeGreaterThan(300 * 86_400_000);
    expect(validFrom(renewed) < new Date()).toBe(true);
  });

  it('only reports when the root is kept offline', async () => {
    await createAuthority(dir, 'example.test');
    const root = await currentRoot();
    const key = await newKey();
    const ending = certify(publicKeyDer(key), root, {
      ...delegationProfile('example.test', 'operation'),
      days: 5,
    });
    await writeFile(join(dir, 'signing/operation.key'), keyToPem(key));
    await writeFile(join(dir, 'signing/operation.crt'), ending);
    for (const name of await readdir(join(dir, 'roots'))) {
      if (name.endsWith('.key')) await rm(join(dir, 'roots', name));
    }
    const outcomes = await renewDelegations(dir, 'example.test', await readAuthority(dir));
    expect(outcomes).toMatchObject([{ part: 'signing/operation', renewed: false }]);
    expect(await readFile(join(dir, 'signing/operation.crt'), 'utf8')).toBe(ending);
  });
});

describe('an authority from before there were audit heads', () => {
  const without = async () => {
    await createAuthority(dir, 'example.test');
    for (const kind of ['key', 'crt']) await rm(join(dir, `signing/audit-head.${kind}`));
    return Authority.open(options());
  };
  const add = async (authority: Authority) =>
    addMissingDelegation(dir, 'example.test', 'signing/audit-head', authority.current);

  it('gets the delegation from a root that is at hand, once for all instances', async () => {
    const authority = await without();
    expect(authority.problems()).toEqual([]);
    expect(authority.problems(['signing/audit-head'])).toEqual([expect.stringContaining('signing/audit-head')]);
    expect(() => authority.sign('audit-head', ['x'])).toThrow(AppError);
    expect(await Promise.all([1, 2, 3].map(() => add(authority)))).toEqual([true, true, true]);
    expect(await authority.reload()).toBe(true);
    expect(authority.problems(['signing/audit-head'])).toEqual([]);
    const { signatures, delegation } = authority.sign('audit-head', ['x']);
    const signed = { payload: 'x', signature: signatures[0] ?? '', delegation };
    expect(faultOfSigned(signed, 'audit-head', authority.anchors)).toBeUndefined();
    expect(faultOfSigned(signed, 'operation', authority.anchors)).toBe('not-delegated');
    expect((await readdir(join(dir, 'signing'))).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('goes on without it while the root is offline', async () => {
    const authority = await without();
    for (const name of await readdir(join(dir, 'roots'))) {
      if (name.endsWith('.key')) await rm(join(dir, 'roots', name));
    }
    expect(await add(authority)).toBe(false);
    expect(authority.sign('operation', ['x']).signatures).toHaveLength(1);
    expect(await readdir(join(dir, 'signing'))).not.toContain('audit-head.key');
  });
});

async function currentRoot() {
  const [name = ''] = (await readdir(join(dir, 'roots'))).filter((file) => file.endsWith('.crt'));
  const key = createPrivateKey(await readFile(join(dir, 'roots', name.replace('.crt', '.key'))));
  return certifiedKey(await readFile(join(dir, 'roots', name), 'utf8'), key);
}
