import { existsSync } from 'node:fs';
import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { CertificateMaker } from '../testing/bad-certificates';
import { testFolder } from '../testing/folder';
import { inspectCertificate, type ServerCertificate } from './inspect';
import { servedCertificateCheck } from './served';

const make = new CertificateMaker(testFolder());
const NAMES = ['itsm.company.test', 'work.company.test', '192.0.2.10'];
/** A little later than the certificates that are made meanwhile. */
const now = new Date(Date.now() + 3_600_000);

beforeAll(() => {
  make.authority('root', 'Company root');
  make.authority('issuing', 'Company issuing', 'root');
  make.authority('impostor', 'Company issuing');
  make.server('good', ['itsm.company.test', '*.company.test', '192.0.2.10'], 'issuing');
  make.write('good.pem', make.read('good.crt') + make.read('issuing.crt'));
});

const server = (file: string, changes: Partial<ServerCertificate> = {}): ServerCertificate => ({
  file: make.file(file),
  keyFile: make.file('good.key'),
  names: NAMES,
  roots: [make.read('root.crt')],
  ...changes,
});
const codes = async (given: ServerCertificate, at = now) =>
  (await inspectCertificate(given, at)).map(({ code, verdict }) => code ?? verdict);

describe('a server certificate', () => {
  it('that fits has one good finding', async () => {
    expect(await codes(server('good.pem'))).toEqual(['ok']);
  });

  it('may have the root at its end, and the key in front', async () => {
    const file = make.write('all.pem', make.read('good.key') + make.read('good.pem') + make.read('root.crt'));
    expect(await codes(server('all.pem', { keyFile: file, roots: [] }))).toEqual(['ok']);
  });

  it('that is not there, is empty, or is damaged', async () => {
    make.write('empty.pem', '');
    make.write('damaged.pem', make.read('good.crt').replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAA'));
    expect(existsSync(make.file('nowhere.pem'))).toBe(false);
    expect(await codes(server('nowhere.pem'))).toEqual(['certificate-missing']);
    expect(await codes(server('empty.pem'))).toEqual(['certificate-unreadable']);
    expect(await codes(server('damaged.pem'))).toEqual(['certificate-unreadable']);
  });

  it('that expired, ends soon, or is not valid yet', async () => {
    make.server('old', NAMES, 'issuing', { from: '20240101000000Z', to: '20240201000000Z' });
    make.write('old.pem', make.read('old.crt') + make.read('issuing.crt'));
    const [expired] = await inspectCertificate(server('old.pem', { keyFile: make.file('old.key') }), now);
    expect(expired).toMatchObject({ code: 'certificate-expired', verdict: 'fault' });
    expect(expired?.sentence).toContain('expired on 2024-02-01');
    const later = new Date(Date.now() + 350 * 86_400_000);
    expect(await codes(server('good.pem'), later)).toEqual(['certificate-ends-soon']);
    expect(await codes(server('good.pem'), new Date(Date.now() - 86_400_000))).toEqual(['certificate-not-yet-valid']);
  });

  it('for other names: says which are missing and which it has', async () => {
    make.server('other', ['itsm.elsewhere.test'], 'issuing');
    make.write('other.pem', make.read('other.crt') + make.read('issuing.crt'));
    const [wrong] = await inspectCertificate(server('other.pem', { keyFile: make.file('other.key') }), now);
    expect(wrong?.code).toBe('certificate-wrong-name');
    expect(wrong?.sentence).toContain(`is not for ${NAMES.join(', ')}; it is for itsm.elsewhere.test`);
  });

  it('that names no address: a warning where there are names, a fault where there are none', async () => {
    make.server('named', ['itsm.company.test', '*.company.test'], 'issuing');
    make.write('named.pem', make.read('named.crt') + make.read('issuing.crt'));
    const keyFile = make.file('named.key');
    const [warned] = await inspectCertificate(server('named.pem', { keyFile }), now);
    expect(warned).toMatchObject({ code: 'certificate-without-address', verdict: 'warning' });
    expect(warned?.sentence).toContain('does not name 192.0.2.10:');
    make.server('made-up', ['itsm.muster.internal'], 'issuing');
    make.write('made-up.pem', make.read('made-up.crt') + make.read('issuing.crt'));
    const names = ['itsm.muster.internal', '192.0.2.10'];
    const byAddress = { keyFile: make.file('made-up.key'), names };
    expect(await codes(server('made-up.pem', byAddress))).toEqual(['certificate-wrong-name']);
  });

  it('whose wildcard does not reach two labels deep', async () => {
    const found = await inspectCertificate(server('good.pem', { names: ['a.b.company.test'] }), now);
    expect(found[0]).toMatchObject({ code: 'certificate-wrong-name' });
  });

  it('without its intermediate certificate, in the wrong order, or with that of an impostor', async () => {
    expect(await codes(server('good.crt'))).toEqual(['certificate-chain-incomplete']);
    make.authority('middle', 'Company middle', 'root');
    make.authority('low', 'Company low', 'middle');
    make.server('deep', NAMES, 'low');
    const keyFile = make.file('deep.key');
    make.write('disordered.pem', make.read('deep.crt') + make.read('middle.crt') + make.read('low.crt'));
    expect(await codes(server('disordered.pem', { keyFile }))).toEqual(['certificate-chain-order']);
    make.write('impostor.pem', make.read('good.crt') + make.read('impostor.crt'));
    expect(await codes(server('impostor.pem'))).toEqual(['certificate-chain-signature']);
  });

  it('under a root that no client knows', async () => {
    expect(await codes(server('good.pem', { roots: [] }))).toEqual(['certificate-chain-incomplete']);
  });

  it('with another key, no key, a damaged key', async () => {
    expect(await codes(server('good.pem', { keyFile: make.key('another.key') }))).toEqual(['key-mismatch']);
    expect(await codes(server('good.pem', { keyFile: make.file('good.crt') }))).toEqual(['key-missing']);
    const damaged = make.write('damaged.key', make.read('good.key').replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAA'));
    expect(await codes(server('good.pem', { keyFile: damaged }))).toEqual(['key-unreadable']);
  });

  it('with a key under a passphrase: without it, with a wrong one, with the right one', async () => {
    make.write('secret.key', make.read('good.key'));
    make.protect('secret.key', 'open sesame');
    const keyFile = make.file('secret.key');
    expect(await codes(server('good.pem', { keyFile }))).toEqual(['key-encrypted']);
    expect(await codes(server('good.pem', { keyFile, passphrase: 'close' }))).toEqual(['key-wrong-passphrase']);
    expect(await codes(server('good.pem', { keyFile, passphrase: 'open sesame' }))).toEqual(['ok']);
  });

  it('names every fault at once', async () => {
    make.server('worst', ['itsm.elsewhere.test'], 'issuing', { from: '20240101000000Z', to: '20240201000000Z' });
    const given = server('worst.crt', { keyFile: make.key('third.key') });
    expect(await codes(given)).toEqual([
      'certificate-expired',
      'certificate-wrong-name',
      'certificate-chain-incomplete',
      'key-mismatch',
    ]);
  });
});

describe('what a server really shows', () => {
  it('is compared with the file, over TLS', async () => {
    const tls = createServer({ cert: make.read('good.pem'), key: make.read('good.key') }).listen(0, '127.0.0.1');
    await once(tls, 'listening');
    const place = { host: '127.0.0.1', port: (tls.address() as AddressInfo).port, serverName: 'itsm.company.test' };
    try {
      const same = await servedCertificateCheck(make.file('good.pem'), place).run();
      expect(same[0]).toMatchObject({ verdict: 'ok' });
      make.server('newer', ['itsm.company.test'], 'issuing');
      const [other] = await servedCertificateCheck(make.file('newer.crt'), place).run();
      expect(other).toMatchObject({ code: 'certificate-not-served' });
      expect(other?.sentence).toContain('CN=itsm.company.test');
    } finally {
      tls.close();
    }
  });
});
