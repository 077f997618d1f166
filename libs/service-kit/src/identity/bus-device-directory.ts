import type { DeviceHomes, LocateDevices } from '@muster/contracts';
import type { DeviceDirectory } from './device-directory';
import type { RevocationList } from './revocation-list';

/** Milliseconds, all. Devices do not change their organisation, and the list of revocations ends them sooner. */
const BELIEVE_KNOWN = 3_600_000;
const BELIEVE_UNKNOWN = 1000;
/** While web is away, what was known stays good; asking again each time would cost each request a timeout. */
const BELIEVE_WHILE_AWAY = 10_000;
/** Devices that come within this time are asked for together. */
const GATHER = 3;
/** As many as one request may name. */
const MOST_AT_ONCE = 500;
const MOST_ENTRIES = 500_000;

type Home = { organisationId: string } | undefined;
interface Entry {
  home: Home;
  until: number;
}
interface Waiting {
  resolve(home: Home): void;
  reject(reason: unknown): void;
}

/** The directory of services that do not own devices: asks web over the bus, for many at once, and remembers. */
export class BusDeviceDirectory implements DeviceDirectory {
  private readonly entries = new Map<string, Entry>();
  private waiting = new Map<string, Waiting[]>();

  constructor(
    private readonly locate: (request: LocateDevices) => Promise<DeviceHomes>,
    revocations: RevocationList,
    private readonly now: () => number = Date.now,
  ) {
    revocations.on(({ kind, id }) => {
      if (kind === 'device') this.entries.delete(id);
    });
  }

  /** @throws AppError `unavailable` with a time to come back when web is away and the device was not known before */
  async organisationOf(deviceId: string): Promise<Home> {
    const known = this.entries.get(deviceId);
    if (known && known.until > this.now()) return known.home;
    return new Promise((resolve, reject) => {
      if (this.waiting.size === 0) setTimeout(() => this.ask(), GATHER);
      const same = this.waiting.get(deviceId) ?? [];
      same.push({ resolve, reject });
      this.waiting.set(deviceId, same);
      if (this.waiting.size === MOST_AT_ONCE) this.ask();
    });
  }

  private ask(): void {
    const asked = this.waiting;
    if (asked.size === 0) return;
    this.waiting = new Map();
    this.locate({ deviceIds: [...asked.keys()] }).then(
      ({ homes }) => {
        const found = new Map(homes.map(({ deviceId, organisationId }) => [deviceId, { organisationId }]));
        for (const [deviceId, those] of asked) this.settle(deviceId, found.get(deviceId), those);
      },
      (error: unknown) => {
        for (const [deviceId, those] of asked) this.failed(deviceId, those, error);
      },
    );
  }

  private settle(deviceId: string, home: Home, those: Waiting[]): void {
    this.keep(deviceId, home, home ? BELIEVE_KNOWN : BELIEVE_UNKNOWN);
    for (const { resolve } of those) resolve(home);
  }

  private failed(deviceId: string, those: Waiting[], error: unknown): void {
    const home = this.entries.get(deviceId)?.home;
    if (!home) return those.forEach(({ reject }) => reject(error));
    this.keep(deviceId, home, BELIEVE_WHILE_AWAY);
    for (const { resolve } of those) resolve(home);
  }

  private keep(deviceId: string, home: Home, time: number): void {
    this.entries.delete(deviceId);
    this.entries.set(deviceId, { home, until: this.now() + time });
    if (this.entries.size <= MOST_ENTRIES) return;
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.entries.delete(oldest.value);
  }
}
