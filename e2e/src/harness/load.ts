import { readSeries } from '@muster/contracts';
import { Ledger, LoadDevice, openLoop } from '@muster/testing/load';
import pg from 'pg';
import type { Api } from './api';
import { newKey } from './devices';
import { anchors, basePort, httpsPort, ITSM_DOMAIN, secrets, until } from './stack';

const DAY = 86_400_000;

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
    for (const device of devices) await device.enrol(key);
    return new Fleet(devices, api);
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

  /** Reports that were answered with 202 and are not in the database a minute after. */
  async lost(): Promise<number> {
    return (await asDatabaseAdministrator((client) => this.ledger.settle(client))).lost;
  }

  /** Samples that the console shows of these devices beyond those that they made; negative when some are missing. */
  async surplus(days: number): Promise<number> {
    let surplus = 0;
    for (const device of this.devices) surplus += (await this.samplesOf(device, days)) - device.maker.samples;
    return surplus;
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
