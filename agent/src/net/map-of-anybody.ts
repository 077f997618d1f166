import { type EnrolmentAddress, getEndpointMap } from '@muster/contracts';
import type { ServerClock } from '../state/clock';
import type { TrustStore } from '../trust/trust-store';
import { type Dial, Dialler, type Target } from './dialler';
import { HttpClient } from './http-client';

/** Not more often than this, however many connections fail. */
const PAUSE_MS = 60_000;
/** Maps are signed anew after 30 days at the latest. An older one is what somebody kept. */
const MOST_AGE_MS = 60 * 86_400_000;

/**
 * The way back to a server whose certificate is of a CA that this device has not heard of: the endpoint map is asked for
 * over a connection that is not believed, and judged by its signature alone. Nothing of the device is shown there.
 */
export class MapOfAnybody {
  private asking?: Promise<boolean>;
  private pausedUntil = 0;

  /** @param addresses where to ask beside the map's own places */
  constructor(
    private readonly dialler: Dial,
    private readonly trust: TrustStore,
    private readonly clock: ServerClock,
    private readonly addresses: readonly EnrolmentAddress[],
  ) {}

  /** Whether a newer map was taken. Never throws: who asks has a failure of its own to tell. */
  ask(): Promise<boolean> {
    if (this.asking) return this.asking;
    if (performance.now() < this.pausedUntil) return Promise.resolve(false);
    this.asking = this.fetch()
      .catch(() => false)
      .finally(() => {
        this.pausedUntil = performance.now() + PAUSE_MS;
        this.asking = undefined;
      });
    return this.asking;
  }

  private async fetch(): Promise<boolean> {
    const places: Target[] = [
      ...this.trust.endpoints('enrol').map((endpoint) => ({ ...endpoint, pins: [] })),
      ...this.addresses.map((address) => ({ ...address, pins: [] })),
    ];
    const anybody: Dial = { dial: (targets) => this.dialler.dial(targets, { anybody: true }) };
    for (const place of places) {
      const client = new HttpClient(anybody, [place]);
      try {
        const signed = await client.call(getEndpointMap);
        if (this.trust.offer(signed, this.clock.now(), MOST_AGE_MS) === 'taken') return true;
      } catch {
        // Somebody else may know.
      } finally {
        client.close();
      }
    }
    return false;
  }
}

/** The dialler of a device: when it does not believe a server, it looks whether the installation says something new. */
export function deviceDialler(trust: TrustStore, clock: ServerClock, addresses: readonly EnrolmentAddress[]): Dialler {
  const dialler: Dialler = new Dialler(trust, clock, { onDistrust: () => map.ask() });
  const map = new MapOfAnybody(dialler, trust, clock, addresses);
  return dialler;
}
