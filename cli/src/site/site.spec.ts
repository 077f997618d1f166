import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Finding } from '../checks/finding';
import { CertificateMaker } from '../testing/bad-certificates';
import { testFolder } from '../testing/folder';
import { muster } from '../testing/muster';
import { findServerFolder } from './server-folder';
import { openSite } from './site';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const root = testFolder();
const itsm = join(root, 'itsm');
const xmpp = join(root, 'xmpp');

beforeAll(async () => {
  const addresses = ['--domain', '127.0.0.9', '--address', '127.0.0.9', '--xmpp-address', '127.0.0.10'];
  expect(await muster('setup', 'itsm', ...addresses, '--turn', '--dir', itsm, '--no-start', '--force')).toMatchObject({
    code: 0,
  });
  const join_ = ['--join', join(itsm, 'join/token')];
  expect(await muster('setup', 'xmpp', ...join_, '--dir', xmpp, '--no-start', '--force')).toMatchObject({ code: 0 });
});

describe('what is set up here', () => {
  it('is read back from the folder of the ITSM server', () => {
    const site = openSite({ dir: itsm });
    expect(site).toMatchObject({
      kind: 'itsm',
      names: [],
      itsm: { host: '127.0.0.9', port: 443, name: 'itsm.muster.internal' },
      xmpp: { host: '127.0.0.10', port: 443, domain: 'xmpp.muster.internal', pushOn: false },
      turn: [{ host: '127.0.0.10', port: 3478 }],
    });
    expect(site.hubRoots).toBeUndefined();
    expect(site.certificates[0]?.certificate.names).toEqual(
      expect.arrayContaining(['itsm.muster.internal', '127.0.0.9']),
    );
  });

  it('is read back from the folder of the XMPP server', () => {
    const site = openSite({ dir: xmpp });
    expect(site).toMatchObject({ kind: 'xmpp', names: [], itsm: { host: '127.0.0.9' }, xmpp: { host: '127.0.0.1' } });
    expect(site.hubRoots).toEqual(site.roots);
  });

  it('cannot be told where the .env file lacks what all derives from, or contradicts itself', () => {
    const file = join(itsm, '.env');
    const text = readFileSync(file, 'utf8');
    const sentence = (changed: string): string => {
      writeFileSync(file, changed);
      try {
        openSite({ dir: itsm });
        return 'it was read';
      } catch (error) {
        return (error as Error).message;
      } finally {
        writeFileSync(file, text);
      }
    };
    expect(sentence(text.replace(/^ITSM_DOMAIN=.*\n/m, ''))).toBe(`${file} does not say ITSM_DOMAIN.`);
    expect(sentence(text.replace(/^ITSM_XMPP_IP=.*/m, 'ITSM_XMPP_IP=127.0.0.9'))).toBe(
      `${file} contradicts itself: ITSM and XMPP server cannot have the same addresses: both serve port 443.`,
    );
    expect(sentence(text.replace(/^CONSOLE_ORIGIN=.*/m, 'CONSOLE_ORIGIN=console'))).toBe('it was read');
  });

  it('is said to be a TURN server alone where it is one, which Compose alone looks after', async () => {
    const turn = join(root, 'turn');
    mkdirSync(turn);
    copyFileSync(
      join(import.meta.dirname, '../../../compose/turn/docker-compose.yml'),
      join(turn, 'docker-compose.yml'),
    );
    writeFileSync(join(turn, '.env'), 'MUSTER_VERSION=0.1.0\n');
    expect(findServerFolder(turn)).toEqual({ path: turn, kind: 'turn' });
    const refused = await muster('status', '--dir', turn);
    expect(refused).toMatchObject({ code: 64, printed: '' });
    expect(refused.told).toContain(`${turn} is the folder of a TURN server alone`);
    expect(refused.told).toContain('muster compose');
  });

  it('is nothing in another folder', () => {
    expect(() => openSite({ dir: root })).toThrow(/Nothing is set up/);
  });
});

describe('muster doctor', () => {
  const path = process.env['PATH'];
  beforeAll(() => {
    // No engine answers here, whatever runs on this machine.
    const bin = join(root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'docker'), '#!/bin/sh\necho "Cannot connect to the Docker daemon" >&2\nexit 1\n');
    chmodSync(join(bin, 'docker'), 0o755);
    process.env['PATH'] = `${bin}:${path}`;
  });
  afterAll(() => {
    process.env['PATH'] = path;
  });

  const codes = async (dir: string) => {
    const { code, printed } = await muster('doctor', '--dir', dir, '--json');
    const { findings } = JSON.parse(printed) as { findings: Finding[] };
    return { code, codes: findings.map((finding) => finding.code ?? finding.verdict) };
  };

  it('finds a certificate of other names and another key in the place of the right one', async () => {
    const make = new CertificateMaker(root);
    const [certificate, key] = [join(itsm, 'certs/cert.crt'), join(itsm, 'certs/cert.key')];
    for (const file of [certificate, key]) copyFileSync(file, `${file}.kept`);
    make.authority('other', 'Other');
    make.server('wrong', ['itsm.elsewhere.test'], 'other');
    writeFileSync(certificate, make.read('wrong.crt'));
    const found = await codes(itsm);
    expect(found.code).toBe(1);
    expect(found.codes).toEqual(
      expect.arrayContaining([
        ...['stack-unknown', 'certificate-wrong-name', 'certificate-chain-incomplete', 'key-mismatch'],
        ...['edge-unreachable', 'xmpp-out-of-sight', 'turn-out-of-sight', 'nats-unreachable'],
      ]),
    );
    for (const file of [certificate, key]) copyFileSync(`${file}.kept`, file);
    expect((await codes(itsm)).codes).not.toContain('key-mismatch');
  });

  it('shows certificates, and what is wrong with them, in words', async () => {
    const pem = join(xmpp, 'certs/xmpp.muster.internal.pem');
    const text = readFileSync(pem, 'utf8');
    expect(await muster('cert', 'show', '--dir', xmpp)).toMatchObject({ code: 0 });
    writeFileSync(pem, text.slice(text.indexOf('-----BEGIN CERTIFICATE-----')));
    const shown = await muster('cert', 'show', '--dir', xmpp);
    expect(shown.code).toBe(1);
    expect(shown.printed).toContain(`There is no private key in ${pem}. [key-missing]`);
    rmSync(pem);
    // What is out of sight of the other server is out of reach here.
    expect((await codes(xmpp)).codes).toEqual(
      expect.arrayContaining(['certificate-missing', 'xmpp-unreachable', 'turn-unreachable']),
    );
  });

  it('needs Docker for state and logs, and says so', async () => {
    for (const words of [['status'], ['logs', 'web']]) {
      const refused = await muster(...words, '--dir', itsm);
      expect(refused).toMatchObject({ code: 69, printed: '' });
      expect(refused.told).toContain('Docker does not answer: Cannot connect');
    }
  });
});
