import { type CertifiedFiles, TestAuthority } from '@muster/testing';
import { TEST_DOMAIN } from './test-broker';

/** Seconds that the certificate of a `brief laptop` holds. */
const BRIEF_SECONDS = 6;

/** Certificates that transcripts speak of, each made once. */
export class TestCredentials {
  readonly #made = new Map<string, CertifiedFiles>();

  /** @param localpart the account that a name in a transcript stands for */
  constructor(
    private readonly authority: TestAuthority,
    private readonly localpart: (name: string) => string,
  ) {}

  /** `laptop`, or `expired laptop`, `stranger laptop` and so on. */
  async of(words: string): Promise<CertifiedFiles> {
    const known = this.#made.get(words);
    if (known) return known;
    const made = await this.#make(words);
    this.#made.set(words, made);
    return made;
  }

  async #make(words: string): Promise<CertifiedFiles> {
    const [kind, name = ''] = words.includes(' ') ? words.split(' ') : ['good', words];
    const id = this.localpart(name);
    const xmppDomain = TEST_DOMAIN;
    switch (kind) {
      case 'good':
      case 'renewed':
        return this.authority.device(id, { xmppDomain });
      case 'expired':
        return this.authority.device(id, { xmppDomain, notBefore: daysFromNow(-100), days: 90 });
      case 'early':
        return this.authority.device(id, { xmppDomain, notBefore: daysFromNow(1) });
      case 'brief':
        return this.authority.device(id, { xmppDomain, notBefore: daysFromNow(0), days: BRIEF_SECONDS / 86_400 });
      case 'foreign':
        return this.authority.device(id, { xmppDomain: 'elsewhere.test' });
      case 'stranger':
        return (await TestAuthority.create()).device(id, { xmppDomain });
      case 'server':
        return this.authority.server([TEST_DOMAIN]);
      default:
        throw new Error(`there is no ${kind} certificate`);
    }
  }
}

const daysFromNow = (days: number): Date => new Date(Date.now() + days * 24 * 3600 * 1000);
