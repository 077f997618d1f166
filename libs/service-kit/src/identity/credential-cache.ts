import { createHash } from 'node:crypto';
import type { VerifiedCredential, VerifyCredential } from '@muster/contracts';
import type { PrincipalSource } from './principal-source';
import type { RevocationList } from './revocation-list';

const MOST_ENTRIES = 10_000;

interface Entry {
  verified: VerifiedCredential;
  until: number;
}

/**
 * Keeps what the key manager said about a credential for as long as it allows, under a digest and never the secret. A
 * revocation of the session, the token or the user's rights forgets it at once; one that arrives while the answer is
 * under way keeps that answer from being cached.
 */
export class CredentialCache implements PrincipalSource {
  private readonly entries = new Map<string, Entry>();
  private readonly asking = new Map<string, Promise<VerifiedCredential>>();
  private generation = 0;

  constructor(
    private readonly source: PrincipalSource,
    revocations: RevocationList,
    private readonly now: () => number = Date.now,
  ) {
    revocations.on(({ kind, id }) => {
      if (kind === 'device' || kind === 'certificate') return;
      this.generation += 1;
      this.asking.clear();
      for (const [key, { verified }] of this.entries) {
        if (verified.credentialId === id || verified.userId === id) this.entries.delete(key);
      }
    });
  }

  async verify(presented: VerifyCredential): Promise<VerifiedCredential> {
    const key = createHash('sha256').update(`${presented.kind}\0${presented.credential}`).digest('base64');
    const known = this.entries.get(key);
    if (known && known.until > this.now()) return known.verified;
    const running = this.asking.get(key) ?? this.ask(key, presented);
    return running;
  }

  private ask(key: string, presented: VerifyCredential): Promise<VerifiedCredential> {
    const generation = this.generation;
    const asked = this.source.verify(presented).then((verified) => {
      if (generation === this.generation) this.keep(key, verified);
      return verified;
    });
    const running = asked.finally(() => {
      if (this.asking.get(key) === running) this.asking.delete(key);
    });
    this.asking.set(key, running);
    return running;
  }

  private keep(key: string, verified: VerifiedCredential): void {
    const until = Math.min(this.now() + verified.cacheSeconds * 1000, Date.parse(verified.expiresAt));
    if (until <= this.now()) return;
    this.entries.delete(key);
    this.entries.set(key, { verified, until });
    if (this.entries.size > MOST_ENTRIES) {
      const oldest = this.entries.keys().next();
      if (!oldest.done) this.entries.delete(oldest.value);
    }
  }
}
