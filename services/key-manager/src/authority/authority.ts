import { sign as signBytes, X509Certificate } from 'node:crypto';
import { AppError, otherServers, type ServerTrust, type Signatures, type SigningPurpose } from '@muster/contracts';
import { certify } from './certify';
import {
  AUTHORITY_PARTS,
  type AuthorityMaterial,
  type AuthorityPart,
  authorityStamp,
  faultOf,
  readAuthority,
  SPARE_PARTS,
} from './authority-files';
import { crossCertificatesFor } from './cross-certificates';
import { deviceProfile } from './profiles';
import { type CertifiedKey, DAY_MS, fingerprint, validFrom, validTo } from './x509';

const NEEDED_PARTS = AUTHORITY_PARTS.filter((part) => !SPARE_PARTS.some((spare) => spare === part));

/** A device certificate as it was issued. */
export interface IssuedCertificate {
  /** Leaf, issuing authority and, while a root rolls over, the cross certificates that lead to the older ones, PEM. */
  chain: string;
  leaf: X509Certificate;
  issuer: string;
  renewAfter: Date;
}

export interface AuthorityOptions {
  dir: string;
  xmppDomain: string;
  certificateDays: number;
  renewAfterDays: number;
}

/** The certificate authority and the signing keys, as `CA_DIR` has them now. */
export class Authority {
  private constructor(
    private readonly options: AuthorityOptions,
    private material: AuthorityMaterial,
    private stamp: string,
  ) {}

  /** @throws Error when the folder holds no valid root */
  static async open(options: AuthorityOptions): Promise<Authority> {
    const stamp = await authorityStamp(options.dir);
    // Files that change meanwhile make another stamp, so that the first reload reads them again.
    return new Authority(options, await readAuthority(options.dir), stamp);
  }

  get current(): AuthorityMaterial {
    return this.material;
  }

  /** Roots to trust now, the current one first, PEM with a trailing line feed each. */
  get anchors(): string[] {
    return this.material.anchors.map((anchor) => `${anchor.toString().trim()}\n`);
  }

  /** Whom devices accept as servers. */
  get serverTrust(): ServerTrust {
    const { roots, public: publicServers } = this.material.servers;
    const serverAnchors = roots.map((root) => `${root.toString().trim()}\n`);
    return { anchors: this.anchors, ...otherServers({ anchors: [], serverAnchors, publicServers }) };
  }

  /** Roots that ended before their time, in the same form: what they signed was true when they signed it. */
  get retired(): string[] {
    return this.material.retired.map((root) => `${root.toString().trim()}\n`);
  }

  /** Parts that cannot be used now, with the reason. Without a spare part the rest of the service goes on. */
  problems(parts: readonly AuthorityPart[] = NEEDED_PARTS): string[] {
    return parts.flatMap((part) => {
      const pair = this.material.parts[part];
      return 'problem' in pair ? [`${part}: ${pair.problem}`] : [];
    });
  }

  /**
   * Reads the folder again when a file in it changed, once nothing changes any more while it is read. A part that is half
   * replaced keeps what it had while that is still under a valid root.
   * @returns whether something changed. @throws Error when no valid root is left; nothing changes then
   */
  async reload(): Promise<boolean> {
    const stamp = await authorityStamp(this.options.dir);
    if (stamp === this.stamp) return false;
    const fresh = await readAuthority(this.options.dir);
    if ((await authorityStamp(this.options.dir)) !== stamp) return false;
    for (const part of AUTHORITY_PARTS) {
      const before = this.material.parts[part];
      if ('problem' in fresh.parts[part] && !('problem' in before) && !faultOf(part, before, fresh.anchors)) {
        fresh.parts[part] = before;
      }
    }
    this.material = fresh;
    this.stamp = stamp;
    return true;
  }

  /**
   * Issues a certificate for an enrolled key. While a root rolls over its chain leads to the older roots too, so that who
   * checks devices and has not heard of the new root accepts it.
   * @throws AppError `unavailable` when the issuing authority is unusable
   */
  async issue(deviceId: string, spki: Buffer): Promise<IssuedCertificate> {
    const issuer = this.usable('issuing/devices');
    const { xmppDomain, certificateDays, renewAfterDays } = this.options;
    const pem = certify(spki, issuer, deviceProfile(deviceId, xmppDomain, certificateDays));
    const { anchors, cross } = this.material;
    const chain = [pem, issuer.pem, ...crossCertificatesFor(issuer.certificate, anchors, cross.usable)].join('');
    return { chain, issuer: fingerprint(issuer.certificate), ...leafOf(chain, renewAfterDays) };
  }

  /** Fingerprint of the issuing authority that would sign now. */
  get issuer(): string {
    return fingerprint(this.usable('issuing/devices').certificate);
  }

  /** An earlier certificate read again from its chain. */
  describe(chain: string, issuer: string): IssuedCertificate {
    return { chain, issuer, ...leafOf(chain, this.options.renewAfterDays) };
  }

  /**
   * Signs exact texts (UTF-8) for a purpose. The delegation goes on with the cross certificates by which devices that
   * know only an older root, because they slept through a roll-over, can follow; also when that root was retired since.
   * @throws AppError `unavailable` when the delegation cannot be used
   */
  sign(purpose: SigningPurpose, texts: readonly string[]): Signatures {
    const { key, pem, certificate } = this.usable(`signing/${purpose}`);
    const { anchors, retired, cross } = this.material;
    const signatures = texts.map((text) => signBytes('sha256', Buffer.from(text, 'utf8'), key).toString('base64'));
    return {
      signatures,
      delegation: [pem, ...crossCertificatesFor(certificate, [...anchors, ...retired], cross.usable)],
    };
  }

  private usable(part: AuthorityPart): CertifiedKey {
    const pair = this.material.parts[part];
    const problem = 'problem' in pair ? pair.problem : faultOf(part, pair, this.material.anchors);
    if (problem === undefined) return pair as CertifiedKey;
    throw new AppError('unavailable', `Cannot sign with ${part}: ${problem}. Put a valid one into CA_DIR.`);
  }
}

function leafOf(chain: string, renewAfterDays: number): { leaf: X509Certificate; renewAfter: Date } {
  const leaf = new X509Certificate(chain);
  const from = validFrom(leaf).getTime();
  const lifetime = validTo(leaf).getTime() - from;
  // A leaf that its issuer's end cut short renews after two thirds of what it has.
  return { leaf, renewAfter: new Date(from + Math.min(renewAfterDays * DAY_MS, (lifetime * 2) / 3)) };
}
