import { readSeries } from '@muster/contracts';
import {
  Ledger,
  LOAD_KINDS,
  LoadDevice,
  type LoadKind,
  madeRows,
  openLoop,
  otherDigests,
  type Rows,
  sendLostSections,
  storedRows,
} from '@muster/testing/load';
import pg from 'pg';
import type { Api } from './api';
import { newKey } from './devices';
import { anchors, basePort, httpsPort, ITSM_DOMAIN, secrets, until } from './stack';

const DAY = 86_400_000;

/** What became of everything that a fleet reported. */
export interface Outcome {
  /** Reports that were answered with 202 and are not in the database a minute after. */
  lost: number;
  /** Rows beyond those that were made; negative where some are missing. */
  surplus: Rows;
  /** Devices whose software is not stored as they have it. */
  otherDigests: string[];
  /** Batches of which the server refused something. */
  refused: number;
}
export const WHOLE: Outcome = {
  lost: 0,
  surplus: { samples: 0, logs: 0, audit: 0, output: 0, software: 0 },
  otherDigests: [],
  refused: 0,
};

/** Work with a connection of the database's administrator, once the database takes it. */
export async function asDatabaseAdministrator<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  let client: pg.Client | undefined;
  await until('the database takes connections', async () => {
    client = await connected();
    return true;
  });
  if (!client) throw new Error('unreachable');
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function connected(): Promise<pg.Client> {
  const password = secrets().postgresAdmin;
  const client = new pg.Client({
    host: '127.0.0.1',
    port: basePort + 32,
    user: 'muster_admin',
    password,
    database: 'postgres',
  });
  // The server may be killed under it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** As `Fleet.outcome`, for the devices and the database of any stack. */
export async function outcomeOf(
  client: pg.Client,
  ledger: Ledger,
  devices: LoadDevice[],
  seconds = 60,
): Promise<Outcome> {
  await ledger.settle(client, seconds);
  for (const sent of await sendLostSections(client, devices)) ledger.note(sent);
  const { lost } = await ledger.settle(client);
  const [stored, made] = [await storedRows(client, devices), madeRows(devices)];
  const kinds = Object.keys(made) as Array<keyof Rows>;
  return {
    lost,
    surplus: Object.fromEntries(kinds.map((kind) => [kind, stored[kind] - made[kind]])) as Record<keyof Rows, number>,
    otherDigests: (await otherDigests(client, devices)).map(({ name }) => name),
    refused: ledger.refused,
  };
}

/** Devices that report all the time, and the book of what became of it. */
export class Fleet {
  readonly ledger = new Ledger();
  private stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private lastTrouble = 0;

  private constructor(
    readonly devices: LoadDevice[],
    private readonly api: Api,
  ) {}

  static async enrol(api: Api, count: number): Promise<Fleet> {
    const { key } = await newKey();
    const front = { address: '127.0.0.1', port: httpsPort, hostName: ITSM_DOMAIN, anchors: anchors() };
    const devices = await Promise.all(Array.from({ length: count }, (_, number) => LoadDevice.create(number, front)));
    const fleet = new Fleet(devices, api);
    for (const device of devices) {
      await device.enrol(key);
      fleet.ledger.note(await device.sendInventory());
    }
    return fleet;
  }

  /** Reports at a fixed rate until `rest`, whatever is answered; what was not taken is sent again. */
  start(rate: number): void {
    this.stopping = new AbortController();
    const { devices, ledger } = this;
    this.running = openLoop({
      rate,
      seconds: 3600,
      stop: this.stopping.signal,
      send: (number) => this.device(number % devices.length).report('kept'),
      measured: (_, sent) => {
        ledger.note(sent);
        if (sent.status !== 202) this.lastTrouble = Date.now();
      },
    });
  }

  /** Whether every report of the last second was taken, and nothing waits to be sent again. */
  get normal(): boolean {
    return Date.now() - this.lastTrouble > 1000 && this.devices.every((device) => device.backlog === 0);
  }

  /** Sends no more, but what was not taken; resolves when that is taken, too. */
  async rest(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await until('what was not taken is taken', async () => {
      for (const device of this.devices) {
        for (let left = device.backlog; left > 0; left--) this.ledger.note(await device.report('kept'));
      }
      return this.devices.every((device) => device.backlog === 0);
    });
  }

  /** Compares what was answered and made with what is stored, a minute after at the latest. To be asked after `rest`. */
  outcome(): Promise<Outcome> {
    return asDatabaseAdministrator((client) => outcomeOf(client, this.ledger, this.devices));
  }

  /** Whether every kind of report was taken since. */
  tookEveryKindSince(before: Readonly<Record<LoadKind, number>>): boolean {
    return LOAD_KINDS.every((kind) => this.ledger.takenOf[kind] > before[kind]);
  }

  /** How many samples of a device the console counts. */
  async samplesOf(device: LoadDevice, days = 1): Promise<number> {
    const to = new Date(Date.now() + 60_000).toISOString();
    const from = new Date(Date.now() - days * DAY).toISOString();
    const { points } = await this.api.call(readSeries, { params: { id: device.id }, query: { from, to } });
    return points.reduce((sum, point) => sum + point.samples, 0);
  }

  device(number: number): LoadDevice {
    const device = this.devices[number];
    if (!device) throw new Error(`the fleet has no device ${number}`);
    return device;
  }

  close(): void {
    this.stopping.abort();
    for (const device of this.devices) device.close();
  }
}
