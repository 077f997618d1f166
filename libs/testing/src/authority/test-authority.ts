import 'reflect-metadata';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { webcrypto } from 'node:crypto';
import { PURPOSE_OIDS, SUCCESSOR_OID } from '@muster/contracts';
import * as x509 from '@peculiar/x509';
import { reapAtEnd } from '../process/reaper';
import { authority, type Issued, issue, leaf } from './certificates';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

export interface CertifiedFiles {
  /** Leaf and issuing CA, PEM; with a server after a roll-over also the cross certificate. */
  chain: string;
  /** PKCS #8, PEM. */
  key: string;
}

/** A certificate authority of its own for a test, in files as every part of Muster expects them (`CA_DIR`). */
export class TestAuthority {
  private roots = 0;
  private cross?: Issued;
  private constructor(
    readonly dir: string,
    private root: Issued,
    private devices: Issued,
    private servers: Issued,
  ) {}

  /** `notBefore`: an authority that was made then, for what was signed in earlier days. */
  static async create({ notBefore }: { notBefore?: Date } = {}): Promise<TestAuthority> {
    const dir = mkdtempSync(join(tmpdir(), 'muster-test-ca-'));
    reapAtEnd({ folder: dir });
    const made = await tier('1', notBefore);
    const authority = new TestAuthority(dir, made.root, made.devices, made.servers);
    await authority.write(notBefore);
    return authority;
  }

  /** PEM of the current root. */
  get rootPem(): string {
    return this.root.crt;
  }

  /** Puts a second root beside the first, with the first one's word for it, and everything below it anew. */
  async roll(): Promise<void> {
    const number = this.roots + 1;
    const made = await tier(String(number));
    const profile = { commonName: `Test root CA ${number}`, days: 3650, extensions: successor() };
    this.cross = await issue(profile, this.root, made.root.keys.publicKey);
    this.saveCertificate(`cross/root-${number}`, this.cross);
    Object.assign(this, made);
    await this.write();
  }

  /** A server's certificate for DNS names and IP addresses. */
  async server(names: readonly string[]): Promise<CertifiedFiles> {
    const alternatives = names.map((name) => ({ type: isIP(name) ? ('ip' as const) : ('dns' as const), value: name }));
    const issued = await issue(
      {
        commonName: names[0] ?? 'server',
        days: 825,
        extensions: [...leaf(SERVER_AUTH), new x509.SubjectAlternativeNameExtension(alternatives)],
      },
      this.servers,
    );
    return { chain: issued.crt + this.servers.crt + (this.cross?.crt ?? ''), key: issued.key };
  }

  /** A device's certificate, with the JID by which the broker knows it. */
  async device(
    deviceId: string,
    options: { xmppDomain: string; days?: number; notBefore?: Date; publicKey?: webcrypto.CryptoKey },
  ): Promise<CertifiedFiles> {
    const issued = await issue(
      {
        commonName: deviceId,
        days: options.days ?? 90,
        ...(options.notBefore ? { notBefore: options.notBefore } : {}),
        extensions: [...leaf(CLIENT_AUTH), xmppAddress(`${deviceId}@${options.xmppDomain}`)],
      },
      this.devices,
      options.publicKey,
    );
    return { chain: issued.crt + this.devices.crt, key: issued.key };
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async write(notBefore?: Date): Promise<void> {
    this.roots += 1;
    this.save(`roots/root-${this.roots}`, this.root);
    this.save('issuing/devices', this.devices);
    this.save('issuing/servers', this.servers);
    for (const purpose of ['operation', 'endpoint-map', 'audit-head', 'release'] as const) {
      const commonName = `Muster signing: ${purpose}`;
      const extensions = leaf(PURPOSE_OIDS[purpose], true);
      this.save(
        `signing/${purpose}`,
        await issue({ commonName, days: 366, extensions, ...(notBefore && { notBefore }) }, this.root),
      );
    }
  }

  private save(name: string, issued: Issued): void {
    this.saveCertificate(name, issued);
    writeFileSync(join(this.dir, `${name}.key`), `${issued.key}\n`, { mode: 0o600 });
  }

  private saveCertificate(name: string, { crt }: Issued): void {
    const path = join(this.dir, `${name}.crt`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, crt);
  }
}

async function tier(number: string, from?: Date): Promise<{ root: Issued; devices: Issued; servers: Issued }> {
  const notBefore = from && { notBefore: from };
  const root = await issue({
    commonName: `Test root CA ${number}`,
    days: 7305,
    extensions: authority(2),
    ...notBefore,
  });
  const below = (purpose: string): Promise<Issued> =>
    issue(
      { commonName: `Test issuing CA: ${purpose} ${number}`, days: 1826, extensions: authority(0), ...notBefore },
      root,
    );
  return { root, devices: await below('devices'), servers: await below('servers') };
}

const successor = (): x509.Extension[] => [
  ...authority(1),
  new x509.ExtendedKeyUsageExtension([SERVER_AUTH, CLIENT_AUTH, SUCCESSOR_OID]),
];

/** 1.3.6.1.5.5.7.8.5 in DER. */
const ID_ON_XMPP_ADDRESS = Buffer.from('06082b06010505070805', 'hex');

/** `id-on-xmppAddr` (RFC 6120, section 13.7.1.4): an otherName that holds a UTF8String. */
function xmppAddress(jid: string): x509.Extension {
  const text = element(0x0c, Buffer.from(jid, 'utf8'));
  const otherName = element(0xa0, Buffer.concat([ID_ON_XMPP_ADDRESS, element(0xa0, text)]));
  return new x509.Extension('2.5.29.17', false, element(0x30, otherName));
}

/** One element in DER with a definite length (X.690, section 8.1). */
function element(tag: number, content: Buffer): Buffer {
  const length =
    content.length < 128
      ? [content.length]
      : content.length < 256
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
