import { createHash, sign } from 'node:crypto';
import { challengeRenewal, renewalText, renewCertificate } from '@muster/contracts';
import type { Dialler } from '../net/dialler';
import { pathPrefix } from '../net/function-server';
import { HttpClient, HttpFailure } from '../net/http-client';
import type { ServerClock } from '../state/clock';
import { type Log, reason } from '../state/log';
import { newest } from '../trust/certificates';
import type { TrustStore } from '../trust/trust-store';
import type { Identity } from './identity';
import { certificateRequest } from './pkcs10';

export interface RenewalParts {
  dialler: Dialler;
  trust: TrustStore;
  identity: Identity;
  clock: ServerClock;
  log: Log;
}

const DAY_MS = 86_400_000;
/** After a new root appears a fleet renews within this time, not in the same second. */
const ROLL_OVER_SPREAD_SECONDS = 600;

/**
 * Renews the device's certificate: when the server said that it is time (somewhat later, by chance), when it has
 * expired, and when the suite moved to a newer root. Needs no valid certificate, since the enrolled key is the proof.
 */
export class Renewal {
  /** This device's place in the spread, from 0 to 1. */
  private readonly place = Math.random();
  private rolloverSeen?: { root: string; at: number; triedAt?: number };
  private running?: Promise<boolean>;

  constructor(
    private readonly parts: RenewalParts,
    private readonly rollOverSpreadSeconds = ROLL_OVER_SPREAD_SECONDS,
  ) {}

  /** Renews where it is due. @returns whether there is a new certificate; failures are logged, the next check retries */
  async check(): Promise<boolean> {
    const why = this.due();
    return why ? this.renew(why) : false;
  }

  /** Renews now, one at a time. */
  renew(why: string): Promise<boolean> {
    this.running ??= this.attempt(why).finally(() => (this.running = undefined));
    return this.running;
  }

  /**
   * Milliseconds until this device's turn in a roll-over that a check has noticed, so that it need not wait for the next
   * regular one. Undefined when no turn is ahead.
   */
  get turnInMs(): number | undefined {
    const seen = this.rolloverSeen;
    if (!seen || seen.triedAt !== undefined) return undefined;
    const ahead = this.turnOf(seen) - this.parts.clock.now();
    // The clock may have been set back meanwhile; nobody waits longer than the spread.
    return ahead > 0 ? Math.min(ahead, this.rollOverSpreadSeconds * 1000) : undefined;
  }

  private turnOf(seen: { at: number }): number {
    return seen.at + this.place * this.rollOverSpreadSeconds * 1000;
  }

  private due(): string | undefined {
    const { enrolled } = this.parts.identity;
    if (!enrolled) return undefined;
    const now = this.parts.clock.now();
    const renewAfter = Date.parse(enrolled.renewAfter);
    const notAfter = Date.parse(enrolled.notAfter);
    if (now >= notAfter) return 'it expired';
    if (now >= renewAfter + this.place * 0.1 * (notAfter - renewAfter)) return 'it is time';
    return this.rollOverDue(now) ? 'there is a newer root' : undefined;
  }

  private rollOverDue(now: number): boolean {
    const root = newest(this.parts.trust.anchors);
    if (!root || this.parts.identity.isUnder(root)) return false;
    if (this.rolloverSeen?.root !== root.fingerprint256) this.rolloverSeen = { root: root.fingerprint256, at: now };
    const seen = this.rolloverSeen;
    if (now < this.turnOf(seen)) return false;
    // The issuing CA may move to the new root some time after the map does.
    if (seen.triedAt !== undefined && now < seen.triedAt + DAY_MS) return false;
    seen.triedAt = now;
    return true;
  }

  private async attempt(why: string): Promise<boolean> {
    const { dialler, trust, identity, log } = this.parts;
    const deviceId = identity.enrolled?.deviceId;
    if (!deviceId) return false;
    const endpoints = trust.endpoints('renew');
    const client = new HttpClient(dialler, endpoints, undefined, pathPrefix(endpoints[0]?.path, '/renew'));
    try {
      const { challenge } = await client.call(challengeRenewal);
      const request = certificateRequest(identity.key);
      const text = renewalText(deviceId, challenge, createHash('sha256').update(request).digest('hex'));
      const signature = sign('sha256', Buffer.from(text, 'utf8'), { key: identity.key, dsaEncoding: 'der' });
      const issued = await client.call(renewCertificate, {
        body: { deviceId, challenge, certificateRequest: request, signature: signature.toString('base64') },
      });
      identity.keep(issued);
      log.info('certificate renewed', { because: why, notAfter: issued.notAfter });
      return true;
    } catch (error) {
      const refused = error instanceof HttpFailure && error.status === 403;
      log[refused ? 'error' : 'warn']('certificate not renewed', { because: why, why: reason(error) });
      return false;
    } finally {
      client.close();
    }
  }
}
