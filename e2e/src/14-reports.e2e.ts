import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import {
  type DiskItem,
  type InventoryItem,
  type InventorySection,
  type InventorySectionView,
  listAudit,
  listDeviceSoftware,
  listInventoryChanges,
  listLogs,
  type NetworkItem,
  type OperatingSystemItem,
  type ProcessorItem,
  readDevice,
  readInventory,
  readSample,
  readSeries,
  searchSoftware,
  type UserItem,
  type VolumeItem,
} from '@muster/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { asAdmin } from './harness/people';
import { localDevice, outputOf, start, untilEnded } from './harness/procedures';
import { until } from './harness/stack';

let api: Api;
let device: string;
let sections: InventorySectionView[];
beforeAll(async () => {
  api = await asAdmin();
  device = (await localDevice(api)).id;
  await until(
    'the inventory is there',
    async () => {
      sections = (await api.call(readInventory, { params: { id: device } })).sections;
      return sections.some(({ section, count }) => section === 'software' && count > 0);
    },
    120,
  );
});

const itemsOf = <T extends InventoryItem>(section: InventorySection): T[] =>
  (sections.find((one) => one.section === section)?.items ?? []) as T[];
const tool = (file: string, ...args: string[]): string =>
  execFileSync(file, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe("what the console knows of this machine is what the machine's own tools say", () => {
  it('packages and their versions', async () => {
    const format = '${db:Status-Abbrev}|${Package}|${Version}|${Architecture}\\n';
    const installed = lines(tool('dpkg-query', '-W', '-f', format))
      .filter((line) => line.startsWith('ii'))
      .map((line) => line.split('|').slice(1).join(' '));
    const known: string[] = [];
    for (let page = 1, total = 1; known.length < total; page++) {
      const reply = await api.call(listDeviceSoftware, {
        params: { id: device },
        query: { source: 'dpkg', size: 200, page },
      });
      total = reply.total;
      known.push(...reply.software.map(({ name, version, architecture }) => `${name} ${version} ${architecture}`));
      if (reply.software.length === 0) break;
    }
    expect(known.toSorted()).toEqual(installed.toSorted());
  });

  it('operating system, users, volumes and networks', () => {
    const release = /^NAME="?([^"\n]+)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    const [system] = itemsOf<OperatingSystemItem>('operating-system');
    expect(system).toMatchObject({ hostName: hostname(), kernel: tool('uname', '-r').trim() });
    expect(release).toBeDefined();
    expect(system?.name).toContain(release);
    const users = lines(tool('getent', 'passwd')).map((line) => line.split(':')[0]);
    expect(
      itemsOf<UserItem>('users')
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(users.toSorted());
    const root = itemsOf<VolumeItem>('volumes').find(({ mountPoint }) => mountPoint === '/');
    expect(root?.fileSystem).toBe(tool('findmnt', '-no', 'FSTYPE', '/').trim());
    const links = JSON.parse(tool('ip', '-json', 'addr')) as Array<{ ifname: string; address?: string }>;
    const networks = itemsOf<NetworkItem>('networks');
    for (const { ifname } of links) expect(networks.map(({ name }) => name)).toContain(ifname);
    const disks = lines(tool('lsblk', '-dnbo', 'NAME,SIZE,TYPE')).map((line) => line.trim().split(/ +/));
    for (const [name, size] of disks.filter(([, bytes, type]) => type === 'disk' && Number(bytes) > 0)) {
      const known = itemsOf<DiskItem>('disks').find((disk) => disk.name?.endsWith(name ?? '?'));
      expect(known?.sizeBytes, name).toBe(Number(size));
    }
  });

  it('processors', () => {
    const model = /^Model name:\s+(.+)$/m.exec(tool('lscpu'))?.[1]?.trim();
    const processors = itemsOf<ProcessorItem>('processors');
    expect(processors.length).toBeGreaterThan(0);
    if (model) expect(processors[0]?.name).toContain(model);
    expect(processors.reduce((sum, { threads = 0 }) => sum + threads, 0)).toBe(availableParallelism());
  });

  it('what the agent may not read is said', () => {
    const said = sections.flatMap(({ unreadable }) => unreadable);
    expect(said.length).toBeGreaterThan(0);
    for (const { what, why } of said) expect([what.length > 1, why.length > 5]).toEqual([true, true]);
  });

  it('memory, disks and what runs', async () => {
    const { sample } = await api.call(readSample, { params: { id: device } });
    const total = Number(/^MemTotal:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024;
    expect(sample.memoryBytes).toBe(total);
    expect(sample.memoryUsedBytes).toBeGreaterThan(0);
    expect(sample.memoryUsedBytes).toBeLessThan(total);
    const size = Number(lines(tool('df', '-B1', '--output=size', '/'))[1]);
    expect(sample.disks.find(({ mountPoint }) => mountPoint === '/')?.sizeBytes).toBe(size);
    expect(sample.processes.length).toBeGreaterThan(3);
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    expect(Math.abs((sample.uptimeSeconds ?? 0) - uptime)).toBeLessThan(900);
  });

  it('and the list of devices shows a summary of it', async () => {
    await until('the summary is there', async () => {
      const { inventory } = await api.call(readDevice, { params: { id: device } });
      return (inventory?.softwareCount ?? 0) > 0;
    });
  });
});

describe('the fleet', () => {
  it('is searched for versions as the platform compares them', async () => {
    const version = tool('dpkg-query', '-W', '-f', '${Version}', 'bash');
    const found = async (comparison: string): Promise<boolean> => {
      const query = { name: 'bash', source: 'dpkg', comparison, version };
      const { installations } = await api.call(searchSoftware, { query });
      return installations.some(({ deviceId }) => deviceId === device);
    };
    expect(await Promise.all(['below', 'at-most', 'exactly', 'at-least', 'above'].map(found))).toEqual([
      ...[false, true, true, true, false],
    ]);
    const older = await api.call(searchSoftware, { query: { name: 'bash', comparison: 'below', version: '1:0~' } });
    expect(older.installations.some(({ deviceId }) => deviceId === device)).toBe(true);
  });

  it('begins its history with the first inventory, without a flood', async () => {
    const { changes } = await api.call(listInventoryChanges, {
      query: { deviceId: device, section: 'software', size: 500 },
    });
    expect(changes.length).toBeLessThan(50);
  });
});

describe('a procedure', () => {
  it('leaves its output, lines in the log and entries in the audit log', async () => {
    const operation = await start(api, device, 'echo "written by a procedure"');
    await untilEnded(api, operation.id);
    await until('the output is there', async () =>
      (await outputOf(api, operation.id)).includes('written by a procedure'),
    );
    await until(
      'the agent has told of it',
      async () => {
        const { entries } = await api.call(listAudit, { query: { deviceId: device, size: 200 } });
        const about = entries.filter((entry) => JSON.stringify(entry).includes(operation.id));
        return ['operation.started', 'operation.ended'].every((action) =>
          about.some((entry) => entry.action === action),
        );
      },
      150,
    );
    await until('the log is there', async () => {
      const { entries } = await api.call(listLogs, { query: { deviceId: device } });
      return entries.length > 0;
    });
  });
});

describe('the series of a device', () => {
  it('covers the time since it was enrolled', async () => {
    const [from, to] = [Date.now() - 3_600_000, Date.now()].map((at) => new Date(at).toISOString());
    const series = await api.call(readSeries, { params: { id: device }, query: { from: from ?? '', to: to ?? '' } });
    expect(series.points.length).toBeGreaterThan(0);
    const [point] = series.points;
    expect(point?.cpuPercent ?? point?.memoryUsedBytes).toBeDefined();
  });
});
