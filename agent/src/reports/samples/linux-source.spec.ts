import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { freemem, loadavg, tmpdir, totalmem, uptime, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse, Sample } from '@muster/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinuxSource } from './linux-source';
import type { Reading } from './reading';
import { sampleOf } from './sample-of';

describe.runIf(process.platform === 'linux')('this device', () => {
  let burner: ChildProcess;
  beforeEach(() => {
    burner = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  });
  afterEach(() => burner.kill('SIGKILL'));

  const firstLine = (): string => execFileSync('head', ['-1', '/proc/stat'], { encoding: 'utf8' }).trim();
  /** awk's arithmetic over two first lines of /proc/stat. */
  const busyPercent = (before: string, after: string): number =>
    Number(
      execFileSync(
        'awk',
        [
          'NR == 1 { for (i = 2; i <= 9; i++) a[i] = $i } NR == 2 { for (i = 2; i <= 9; i++) { t += $i - a[i]; if (i == 5 || i == 6) w += $i - a[i] } print 100 * (t - w) / t }',
        ],
        { input: `${before}\n${after}\n`, encoding: 'utf8' },
      ),
    );
  const processorSecondsOf = (pid: number): number =>
    Number(execFileSync('awk', ['{ print ($14 + $15) / 100 }', `/proc/${pid}/stat`], { encoding: 'utf8' }));

  it('is sampled as other readers of its counters tell', async () => {
    const source = new LinuxSource();
    await pause(500);
    const before = { reading: await source.read(), stat: firstLine(), burnt: processorSecondsOf(burner.pid ?? 0) };
    const begun = performance.now();
    await pause(3000);
    const reading = await source.read();
    const seconds = (performance.now() - begun) / 1000;
    const after = { stat: firstLine(), burnt: processorSecondsOf(burner.pid ?? 0) };
    const sample = sampleOf(before.reading, reading, (pid) => source.userOf(pid));
    parse(Sample, JSON.parse(JSON.stringify(sample)), { unknown: 'refuse' });

    // Between the two readers a busy device does other things.
    expect(Math.abs((sample.cpuPercent ?? 0) - busyPercent(before.stat, after.stat))).toBeLessThan(10);

    const burner100 = (100 * (after.burnt - before.burnt)) / seconds;
    // Among its like on a busy machine it need not be one of the five.
    const alone = (all: Reading): Reading => ({
      ...all,
      processes: all.processes.filter((one) => one.pid === burner.pid),
    });
    const [seen] = sampleOf(alone(before.reading), alone(reading), (pid) => source.userOf(pid)).processes;
    expect(Math.abs((seen?.cpuPercent ?? 0) - burner100)).toBeLessThan(15);
    expect(seen).toMatchObject({ name: 'node', user: userInfo().username });
    const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${burner.pid}/status`, 'utf8'))?.[1]) * 1024;
    expect(Math.abs((seen?.memoryBytes ?? 0) - resident)).toBeLessThan(0.1 * resident);

    expect(sample.memoryBytes).toBe(totalmem());
    expect(Math.abs((sample.memoryUsedBytes ?? 0) - (totalmem() - freemem()))).toBeLessThan(0.1 * totalmem());
    expect(Math.abs((sample.uptimeSeconds ?? 0) - uptime())).toBeLessThan(5);
    expect(Math.abs((sample.loadAverage ?? -1) - (loadavg()[0] ?? 0))).toBeLessThan(1);
    const listed = execFileSync('sh', ['-c', 'ls -d /proc/[0-9]* | wc -l'], { encoding: 'utf8' });
    expect(Math.abs((sample.processCount ?? 0) - Number(listed))).toBeLessThan(30);
    const [used, size] = execFileSync('df', ['-B1', '--output=used,size', '/'], { encoding: 'utf8' })
      .split('\n')[1]
      ?.trim()
      .split(/\s+/)
      .map(Number) as [number, number];
    const root = sample.disks.find(({ mountPoint }) => mountPoint === '/');
    expect(root?.sizeBytes).toBe(size);
    expect(Math.abs((root?.usedBytes ?? 0) - used)).toBeLessThan(0.05 * size);
  });

  it('is sampled cheaply', async () => {
    const source = new LinuxSource();
    await source.read();
    const before = process.cpuUsage();
    for (let count = 0; count < 20; count++) await source.read();
    const { user, system } = process.cpuUsage(before);
    const perProcess = (user + system) / 1000 / 20 / ((await source.read()).processCount ?? 1);
    // 0.2 ms of each minute are 0.1 % of a core with 300 processes.
    expect(perProcess).toBeLessThan(0.2);
  });
});

describe('a recorded device', () => {
  let root: string;
  let awake: number;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'muster-recorded-'));
    awake = 1000;
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const put = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const source = (): LinuxSource => new LinuxSource(root, () => awake);

  it('tells nothing where nothing can be read', async () => {
    const sample = sampleOf(await source().read(), await source().read());
    expect(sample).toEqual({ disks: [], networks: [], temperatures: [], processes: [] });
  });

  it('counts steal and interrupts as busy, waiting for disks as idle, guests once', async () => {
    put('proc/stat', 'cpu  100 10 50 1000 200 5 5 30 40 4\ncpu0 1 1 1 1 1 1 1 1 0 0\n');
    expect((await source().read()).cpu).toEqual({ busy: 200, idle: 1200 });
  });

  it('counts memory without caches, and swap', async () => {
    put(
      'proc/meminfo',
      'MemTotal:       8000 kB\nMemFree:  100 kB\nMemAvailable:   6000 kB\nSwapTotal: 500 kB\nSwapFree: 100 kB\n',
    );
    expect(await source().read()).toMatchObject({
      memoryBytes: 8000 * 1024,
      memoryUsedBytes: 2000 * 1024,
      swapUsedBytes: 400 * 1024,
    });
  });

  it('counts whole disks only, and no disk twice', async () => {
    for (const name of ['sda', 'nvme0n1', 'dm-0', 'md0', 'loop3', 'zram0', 'sr0']) put(`sys/block/${name}/size`, '1');
    put(
      'proc/diskstats',
      [
        '   8       0 sda 10 0 200 5 20 0 400 9 0 0 0 0 0 0 0',
        '   8       1 sda1 10 0 200 5 20 0 400 9 0 0 0',
        ' 259       0 nvme0n1 1 0 8 0 1 0 16 0 0 0 0',
        ' 253       0 dm-0 10 0 200 5 20 0 400 9 0 0 0',
        '   9       0 md0 10 0 200 5 20 0 400 9 0 0 0',
        '   7       3 loop3 10 0 200 5 20 0 400 9 0 0 0',
        ' 252       0 zram0 10 0 200 5 20 0 400 9 0 0 0',
        '  11       0 sr0 10 0 200 5 20 0 400 9 0 0 0\n',
      ].join('\n'),
    );
    expect([...(await source().read()).diskBytes.of]).toEqual([
      ['sda', { read: 102_400, written: 204_800 }],
      ['nvme0n1', { read: 4096, written: 8192 }],
    ]);
  });

  it('reads interfaces with odd names and full columns', async () => {
    put(
      'proc/net/dev',
      [
        'Inter-|   Receive                                                |  Transmit',
        ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
        '    lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0',
        '  eth0:123456789 1 0 0 0 0 0 0 987654321 1 0 0 0 0 0 0',
        ' wlp3s0.100: 1 1 0 0 0 0 0 0 2 1 0 0 0 0 0 0',
        'veth12ab: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n',
      ].join('\n'),
    );
    expect([...(await source().read()).networkBytes.of]).toEqual([
      ['eth0', { received: 123_456_789, sent: 987_654_321 }],
      ['wlp3s0.100', { received: 1, sent: 2 }],
    ]);
  });

  it('reads sensors by chip and label, else thermal zones', async () => {
    put('sys/class/thermal/thermal_zone0/type', 'acpitz\n');
    put('sys/class/thermal/thermal_zone0/temp', '27800\n');
    expect((await source().read()).temperatures).toEqual([{ name: 'acpitz', celsius: 27.8 }]);
    put('sys/class/hwmon/hwmon1/name', 'coretemp\n');
    put('sys/class/hwmon/hwmon1/temp1_input', '45000\n');
    put('sys/class/hwmon/hwmon1/temp1_label', 'Package id 0\n');
    put('sys/class/hwmon/hwmon1/temp2_input', '-2500\n');
    put('sys/class/hwmon/hwmon1/temp3_input', 'N/A\n');
    put('sys/class/hwmon/hwmon1/fan1_input', '900\n');
    expect((await source().read()).temperatures).toEqual([
      { name: 'coretemp Package id 0', celsius: 45 },
      { name: 'coretemp temp2', celsius: -2.5 },
    ]);
  });

  it('reads processes whose names are made to confuse', async () => {
    const line = (pid: number, name: string, user: number, kernel: number, pages: number): string =>
      `${pid} (${name}) S 1 ${pid} ${pid} 0 -1 4194560 1 0 0 0 ${user} ${kernel} 0 0 20 0 1 0 777 1000 ${pages} 18446744073709551615 1 1`;
    put('proc/12/stat', line(12, 'a) S 9 (b', 150, 50, 10));
    put('proc/13/stat', '13 (torn');
    put('proc/not-a-process/stat', line(14, 'x', 1, 1, 1));
    put('etc/passwd', `root:x:0:0::/root:/bin/sh\n${userInfo().username}:x:${userInfo().uid}:0::/:/bin/sh\n`);
    const linux = source();
    const { processes } = await linux.read();
    expect(processes).toMatchObject([{ pid: 12, name: 'a) S 9 (b', started: '777', cpuSeconds: 2 }]);
    expect(linux.userOf(12)).toBe(userInfo().username);
    expect(linux.userOf(99)).toBeUndefined();
  });

  it('measures rates by the time awake: sleep and changed clocks do not count', async () => {
    const linux = source();
    const counters = (bytes: number): void =>
      put('proc/net/dev', `  eth0: ${bytes} 1 0 0 0 0 0 0 ${bytes} 1 0 0 0 0 0 0\n`);
    counters(1000);
    const before = await linux.read();
    // Eight hours asleep: the time since the start went on, the time awake did not.
    put('proc/uptime', '28860.00 100.0\n');
    awake += 60;
    counters(7000);
    expect(sampleOf(before, await linux.read()).networks).toEqual([
      { name: 'eth0', receivedPerSecond: 100, sentPerSecond: 100 },
    ]);
  });

  it('lists each mounted device once, and none of other machines', async () => {
    put(
      'proc/self/mounts',
      [
        '/dev/sda1 / ext4 rw 0 0',
        '/dev/sda1 /again ext4 rw 0 0',
        'proc /proc proc rw 0 0',
        'server:/export /mnt nfs4 rw 0 0',
        '//server/share /share cifs rw 0 0',
        '/dev/sdb1 /with\\040blank xfs rw 0 0',
        '/dev/sdc1 /gone xfs rw 0 0\n',
      ].join('\n'),
    );
    mkdirSync(join(root, 'with blank'));
    const { disks } = await source().read();
    expect(disks.map(({ mountPoint }) => mountPoint)).toEqual(['/', '/with blank']);
    expect(disks.every(({ usedBytes, sizeBytes }) => usedBytes > 0 && usedBytes <= sizeBytes)).toBe(true);
  });
});
