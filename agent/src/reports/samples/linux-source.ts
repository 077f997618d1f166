import type { SampleTemperature } from '@muster/contracts';
import { LinuxDisks } from './linux-disks';
import { LinuxFiles } from './linux-files';
import { LinuxProcesses } from './linux-processes';
import type { Reading, SampleSource } from './reading';

/** Not interfaces of this device: itself, and the halves of containers' pairs, which come and go. */
const NOT_AN_INTERFACE = /^(lo$|veth)/;

/** Readings from /proc and /sys, below any root. No program is started. */
export class LinuxSource implements SampleSource {
  private readonly files: LinuxFiles;
  private readonly disks: LinuxDisks;
  private readonly processes: LinuxProcesses;

  constructor(
    root = '/',
    private readonly awake: () => number = () => performance.now() / 1000,
  ) {
    this.files = new LinuxFiles(root);
    this.disks = new LinuxDisks(this.files);
    this.processes = new LinuxProcesses(this.files);
  }

  async read(): Promise<Reading> {
    const { files, disks } = this;
    const space = await disks.space();
    const processes = await this.processes.read();
    const load = Number(files.text('proc/loadavg')?.split(' ')[0]);
    const uptime = Number(files.text('proc/uptime')?.split(' ')[0]);
    const seconds = this.awake();
    return {
      seconds,
      cpu: this.cpu(),
      loadAverage: Number.isFinite(load) ? load : undefined,
      ...this.memory(),
      uptimeSeconds: Number.isFinite(uptime) ? uptime : undefined,
      processCount: processes.length || undefined,
      diskBytes: { seconds, of: disks.counters() },
      networkBytes: { seconds, of: this.networks() },
      disks: space,
      temperatures: this.temperatures(),
      processes,
    };
  }

  userOf(pid: number): string | undefined {
    return this.processes.userOf(pid);
  }

  /** proc_stat(5): user nice system idle iowait irq softirq steal; guests' time is within user and nice already. */
  private cpu(): Reading['cpu'] {
    const [, line] = /^cpu +(.+)$/m.exec(this.files.text('proc/stat') ?? '') ?? [];
    if (!line) return undefined;
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, steal = 0] = line
      .split(' ')
      .map(Number);
    return { busy: user + nice + system + irq + softIrq + steal, idle: idle + wait };
  }

  /** Memory that is available counts caches that can be given back (proc_meminfo(5)). */
  private memory(): Pick<Reading, 'memoryBytes' | 'memoryUsedBytes' | 'swapUsedBytes'> {
    const text = this.files.text('proc/meminfo') ?? '';
    const bytes = (name: string): number | undefined => {
      const kilobytes = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1];
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
    };
    const [total, available, swap, swapFree] = ['MemTotal', 'MemAvailable', 'SwapTotal', 'SwapFree'].map(bytes);
    return {
      memoryBytes: total,
      memoryUsedBytes: total !== undefined && available !== undefined ? total - available : undefined,
      swapUsedBytes: swap !== undefined && swapFree !== undefined ? swap - swapFree : undefined,
    };
  }

  private networks(): Reading['networkBytes']['of'] {
    const found = new Map<string, { received: number; sent: number }>();
    for (const [, name = '', counters = ''] of (this.files.text('proc/net/dev') ?? '').matchAll(
      /^ *([^:|\n]+): *(.+)$/gm,
    )) {
      const [received, , , , , , , , sent] = counters.trim().split(/ +/).map(Number);
      if (!NOT_AN_INTERFACE.test(name) && received !== undefined && sent !== undefined)
        found.set(name, { received, sent });
    }
    return found;
  }

  /** Sensors of the hwmon class, in thousandths of a degree; thermal zones where there are none of those. */
  private temperatures(): SampleTemperature[] {
    const { files } = this;
    const found: SampleTemperature[] = [];
    const add = (name: string, thousandths: number | undefined): void => {
      if (thousandths !== undefined) found.push({ name, celsius: thousandths / 1000 });
    };
    for (const monitor of files.names('sys/class/hwmon')) {
      const folder = `sys/class/hwmon/${monitor}`;
      const chip = files.text(`${folder}/name`)?.trim() ?? monitor;
      for (const input of files.names(folder).filter((name) => /^temp\d+_input$/.test(name))) {
        const label = files.text(`${folder}/${input.replace('_input', '_label')}`)?.trim();
        add(`${chip} ${label ?? input.replace('_input', '')}`, files.number(`${folder}/${input}`));
      }
    }
    if (found.length > 0) return found;
    for (const zone of files.names('sys/class/thermal').filter((name) => name.startsWith('thermal_zone'))) {
      const type = files.text(`sys/class/thermal/${zone}/type`)?.trim();
      add(type ?? zone, files.number(`sys/class/thermal/${zone}/temp`));
    }
    return found;
  }
}
