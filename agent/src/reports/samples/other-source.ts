import { type CpuInfo, cpus, loadavg, totalmem, uptime } from 'node:os';
import type { Systeminformation } from 'systeminformation';
import type { Counters, ProcessReading, Reading, SampleSource } from './reading';

/** The functions of `systeminformation` that are used. Each starts programs of the system (see the agent's README). */
export interface SystemTools {
  mem(): Promise<Systeminformation.MemData>;
  fsSize(): Promise<Systeminformation.FsSizeData[]>;
  fsStats(): Promise<Systeminformation.FsStatsData | null>;
  networkStats(interfaces: string): Promise<Systeminformation.NetworkStatsData[]>;
  cpuTemperature(): Promise<Systeminformation.CpuTemperatureData>;
  processes(): Promise<Systeminformation.ProcessesData>;
}
/** What Node.js tells without starting a program. */
export interface BasicTools {
  cpus(): CpuInfo[];
  loadavg(): number[];
  totalmem(): number;
  uptime(): number;
  /** Seconds from any beginning. */
  awake(): number;
}
const NODE: BasicTools = { cpus, loadavg, totalmem, uptime, awake: () => performance.now() / 1000 };
type Costly = Omit<Reading, 'seconds' | 'cpu' | 'loadAverage' | 'memoryBytes' | 'uptimeSeconds'>;

/**
 * Readings of Windows and macOS. Processors, uptime and load come from Node.js; everything else starts programs and is
 * read again only every `costlyEvery` readings. Written from documentation and tested on recorded answers.
 */
export class OtherSource implements SampleSource {
  private reads = 0;
  private costly?: Costly;

  constructor(
    private readonly platform: 'win32' | 'darwin',
    private readonly load: () => Promise<SystemTools> = () => import('systeminformation'),
    private readonly node: BasicTools = NODE,
    /** A PowerShell costs half a second of a processor each time, the tools of macOS next to nothing. */
    private readonly costlyEvery = platform === 'win32' ? 5 : 1,
  ) {}

  async read(): Promise<Reading> {
    const { node, platform } = this;
    const fresh = this.costly === undefined || this.reads++ % this.costlyEvery === 0;
    // Temperatures and processes are of one moment; space, memory and counters may stand for the ones to come.
    const costly = fresh || !this.costly ? await this.readCostly() : { ...this.costly, ...NOTHING_NEW };
    this.costly = costly;
    const times = node.cpus().map((cpu) => cpu.times);
    const sum = (of: (time: CpuInfo['times']) => number): number => times.reduce((all, time) => all + of(time), 0);
    return {
      seconds: node.awake(),
      cpu:
        times.length > 0 ? { busy: sum((t) => t.user + t.nice + t.sys + t.irq), idle: sum((t) => t.idle) } : undefined,
      // Windows has no load average; Node.js says 0 there.
      loadAverage: platform === 'win32' ? undefined : node.loadavg()[0],
      memoryBytes: node.totalmem(),
      uptimeSeconds: node.uptime(),
      ...costly,
    };
  }

  private async readCostly(): Promise<Costly> {
    const tools = await this.load();
    // One after the other: a burst of programs is what people notice.
    const memory = await quiet(tools.mem());
    const space = (await quiet(tools.fsSize())) ?? [];
    const disk = await quiet(tools.fsStats());
    const diskAt = this.node.awake();
    const networks = (await quiet(tools.networkStats('*'))) ?? [];
    const networkAt = this.node.awake();
    const temperature = await quiet(tools.cpuTemperature());
    const processes = await quiet(tools.processes());
    return {
      memoryUsedBytes: memory && memory.total > 0 ? memory.total - memory.available : undefined,
      swapUsedBytes: memory?.swapused,
      disks: space.map(({ mount, used, size }) => ({ mountPoint: mount, usedBytes: used, sizeBytes: size })),
      diskBytes: {
        seconds: diskAt,
        of: new Map(disk && disk.rx + disk.wx > 0 ? [['all', { read: disk.rx, written: disk.wx }]] : []),
      },
      networkBytes: networkCounters(networks, networkAt),
      temperatures: temperature?.main ? [{ name: 'processor', celsius: temperature.main }] : [],
      processCount: processes?.list.length || undefined,
      processes: (processes?.list ?? []).map(processOf),
    };
  }
}

const NOTHING_NEW = { processCount: undefined, processes: [], temperatures: [] };

const networkCounters = (
  stats: readonly Systeminformation.NetworkStatsData[],
  seconds: number,
): Counters<{ received: number; sent: number }> => ({
  seconds,
  of: new Map(
    stats
      .filter(({ iface, rx_bytes, tx_bytes }) => !/^lo\d*$/.test(iface) && Number.isFinite(rx_bytes + tx_bytes))
      .map(({ iface, rx_bytes, tx_bytes }) => [iface, { received: rx_bytes, sent: tx_bytes }]),
  ),
});

/** The library counts resident memory in kilobytes. */
const processOf = (one: Systeminformation.ProcessesProcessData): ProcessReading => ({
  pid: one.pid,
  started: one.started,
  name: one.name,
  memoryBytes: one.memRss * 1024,
  cpuPercent: one.cpu,
  user: one.user || undefined,
});

async function quiet<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return (await answer) ?? undefined;
  } catch {
    // What a system does not tell is left out of the sample.
    return undefined;
  }
}
