import { execFileSync, spawnSync } from 'node:child_process';
import { renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Ledger, LoadDevice, openLoop } from '@muster/testing/load';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf, WHOLE } from './harness/load';
import { SecondStack } from './harness/second-stack';
import { ITSM_DOMAIN, until } from './harness/stack';

const RATE = 50;

/** Folders of the stack's data that get a small file system of their own, and their size in megabytes. */
const DISKS = { postgres: 500, 'nats/hub': 300 } as const;
type Disk = keyof typeof DISKS;

let stack: SecondStack;
let devices: LoadDevice[];
let ledger: Ledger;
let lastTrouble = 0;

const mayMount = process.getuid?.() === 0 && process.platform === 'linux';
const folderOf = (disk: Disk): string => join(stack.data, disk);
const ballastOf = (disk: Disk): string => join(folderOf(disk), 'ballast');

beforeAll(async () => {
  if (!mayMount) return;
  stack = await SecondStack.make();
  await stack.start();
  await stack.end();
  for (const [disk, megabytes] of Object.entries(DISKS)) moveToOwnDisk(disk as Disk, megabytes);
  await stack.start();
  const front = { address: '127.0.0.1', port: stack.base + 443, hostName: ITSM_DOMAIN, anchors: stack.anchors() };
  devices = await Promise.all([0, 1, 2, 3, 4].map((number) => LoadDevice.create(number, front)));
  for (const device of devices) await device.enrol(stack.secrets().firstRegistrationKey);
  ledger = new Ledger();
});
afterAll(async () => {
  if (!mayMount) return;
  for (const device of devices ?? []) device.close();
  await stack.end();
  for (const disk of Object.keys(DISKS)) execFileSync('umount', ['-l', folderOf(disk as Disk)]);
  await stack.close();
});

function moveToOwnDisk(disk: Disk, megabytes: number): void {
  const folder = folderOf(disk);
  const { uid, gid, mode } = statSync(folder);
  renameSync(folder, `${folder}.before`);
  execFileSync('mkdir', [folder]);
  const options = `size=${megabytes}m,uid=${uid},gid=${gid},mode=${(mode & 0o777).toString(8)}`;
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', folder]);
  execFileSync('cp', ['-a', `${folder}.before/.`, folder]);
  rmSync(`${folder}.before`, { recursive: true });
}

/** Leaves not one block, whatever else is written at the same time. */
const fill = (disk: Disk): unknown =>
  spawnSync('dd', ['if=/dev/zero', `of=${ballastOf(disk)}`, 'bs=64k'], { stdio: 'ignore' });

async function inDatabase<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { postgresAdmin: password } = stack.secrets();
  const client = new pg.Client({
    host: '127.0.0.1',
    port: stack.base + 32,
    user: 'muster_admin',
    password,
    database: 'postgres',
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Reports all the time while the work is done, and until everything is taken. */
async function underLoad(work: () => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const running = openLoop({
    rate: RATE,
    seconds: 3600,
    stop: stopping.signal,
    send: (number) => deviceOf(number % devices.length).report('kept'),
    measured: (_, sent) => {
      ledger.note(sent);
      if (sent.status !== 202) lastTrouble = Date.now();
    },
  });
  try {
    await work();
  } finally {
    stopping.abort();
    await running;
  }
  await until('what was not taken is taken', async () => {
    for (const device of devices) {
      for (let left = device.backlog; left > 0; left--) ledger.note(await device.report('kept'));
    }
    return devices.every((device) => device.backlog === 0);
  });
}

function deviceOf(number: number): LoadDevice {
  const device = devices[number];
  if (!device) throw new Error(`there is no device ${number}`);
  return device;
}

const normal = (): boolean => Date.now() - lastTrouble > 2000 && devices.every((device) => device.backlog === 0);

/** What was answered with 202 is in the database once. */
async function expectWhole(): Promise<void> {
  expect(await inDatabase((client) => outcomeOf(client, ledger, devices, 120))).toEqual(WHOLE);
}

const withoutRights = mayMount ? '' : ' (skipped: mounting small file systems needs root on Linux)';

describe.skipIf(!mayMount)(`a full disk${withoutRights}`, () => {
  it('of PostgreSQL: reports are taken as long as the bus has room, and stored once when there is room again', async () => {
    await underLoad(async () => {
      await until('reports are taken', async () => ledger.taken > RATE);
      fill('postgres');
      const full = ledger.taken;
      await until('reports are taken with a full disk', async () => ledger.taken > full + 5 * RATE);
      rmSync(ballastOf('postgres'));
      await until('all is normal', async () => stack.parts().every(({ ready }) => ready) && normal(), 120);
    });
    await expectWhole();
  }, 240_000);

  it('of JetStream: devices are told to come again later, and nothing that was answered is lost', async () => {
    const refused = () => (ledger.others[503] ?? 0) + (ledger.others[0] ?? 0);
    const before = refused();
    const toldWhen = ledger.toldWhen;
    await underLoad(async () => {
      fill('nats/hub');
      await until('reports are refused', async () => refused() > before, 120);
      await until('devices are told when to come again', async () => ledger.toldWhen > toldWhen, 120);
      rmSync(ballastOf('nats/hub'));
      await until('all is normal', async () => stack.parts().every(({ ready }) => ready) && normal(), 120);
    });
    await expectWhole();
  }, 300_000);
});
