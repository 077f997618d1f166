import { readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { DiskFacts, HardwareIdentity } from '@muster/contracts';
import { basicFacts, currentUser } from './basic-facts';
import { PLACEHOLDERS } from './placeholders';
import type { PlatformFacts } from './platform';

/** File systems that hold nobody's data. */
const REAL_FILE_SYSTEMS =
  /^(ext[234]|xfs|btrfs|zfs|f2fs|jfs|reiserfs|bcachefs|vfat|exfat|ntfs3?|fuseblk|nfs4?|cifs|overlay|9p|virtiofs|apfs|ocfs2|gfs2)$/;

/** Reads facts below a root folder, so that recorded trees of other machines can be read as well. */
export class LinuxFacts {
  constructor(private readonly root = '/') {}

  facts(): PlatformFacts {
    const release = this.osRelease();
    const memory = /^MemTotal:\s+(\d+) kB/m.exec(this.text('proc/meminfo') ?? '')?.[1];
    const uptime = Number(this.text('proc/uptime')?.split(' ')[0]);
    const processors = this.processors();
    return {
      ...basicFacts('linux'),
      hostName: this.text('proc/sys/kernel/hostname') ?? basicFacts('linux').hostName,
      osName: release['PRETTY_NAME'] ?? release['NAME'] ?? 'Linux',
      osVersion: this.text('etc/debian_version') ?? release['VERSION_ID'] ?? '',
      kernel: this.text('proc/sys/kernel/osrelease') ?? '',
      manufacturer: this.dmi('sys_vendor'),
      model: this.dmi('product_name'),
      serialNumber: this.dmi('product_serial'),
      processor: processors.model,
      processorCount: processors.count || undefined,
      memoryBytes: memory ? Number(memory) * 1024 : undefined,
      uptimeSeconds: Number.isFinite(uptime) ? Math.round(uptime) : undefined,
      user: this.signedInUser() ?? currentUser(),
      timeZone: this.timeZone(),
      disks: this.disks(),
    };
  }

  hardware(): HardwareIdentity {
    return {
      systemUuid: this.dmi('product_uuid')?.toLowerCase(),
      serialNumber: this.dmi('product_serial'),
      machineId: this.text('etc/machine-id'),
      macs: this.physicalMacs(),
    };
  }

  /** os-release(5): shell assignments, values perhaps quoted. */
  private osRelease(): Record<string, string> {
    const text = this.text('etc/os-release') ?? this.text('usr/lib/os-release') ?? '';
    const lines = text.matchAll(/^([A-Z_]+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(.*))$/gm);
    return Object.fromEntries(
      [...lines].map(([, name = '', double, single, bare]) => [
        name,
        double?.replaceAll(/\\(.)/g, '$1') ?? single ?? bare ?? '',
      ]),
    );
  }

  private processors(): { model?: string; count: number } {
    const text = this.text('proc/cpuinfo') ?? '';
    const count = text.match(/^processor\s*:/gm)?.length ?? 0;
    const model = /^(?:model name|Model|cpu model|Hardware)\s*:\s*(.+)$/m.exec(text)?.[1];
    return { count, model: model?.replaceAll(/\s+/g, ' ').trim().slice(0, 200) };
  }

  private dmi(name: string): string | undefined {
    const value = this.text(`sys/class/dmi/id/${name}`)?.slice(0, 200);
    return value && !PLACEHOLDERS.test(value) ? value : undefined;
  }

  /** Interfaces with a device behind them: bridges, tunnels and containers' pairs come and go. */
  private physicalMacs(): string[] {
    const names = this.names('sys/class/net').filter((name) => this.names(`sys/class/net/${name}/device`).length > 0);
    const macs = names.map((name) => this.text(`sys/class/net/${name}/address`)?.toLowerCase());
    return [...new Set(macs.filter((mac) => mac !== undefined && !/^(00:){5}00$/.test(mac)))].sort() as string[];
  }

  private disks(): DiskFacts[] {
    const seen = new Set<string>();
    const disks: DiskFacts[] = [];
    for (const line of (this.text('proc/self/mounts') ?? '').split('\n')) {
      const [source = '', point = '', fileSystem = ''] = line.split(' ').map(unescapeMount);
      // The same device mounted twice (bind mounts) is one disk.
      const once = fileSystem === 'overlay' ? point : source;
      if (!REAL_FILE_SYSTEMS.test(fileSystem) || seen.has(once)) continue;
      seen.add(once);
      const space = freeSpace(join(this.root, point));
      if (space && disks.length < 256)
        disks.push({ mountPoint: point.slice(0, 512), fileSystem: fileSystem.slice(0, 512), ...space });
    }
    return disks;
  }

  private timeZone(): string | undefined {
    try {
      const [, zone] = readlinkSync(join(this.root, 'etc/localtime')).split('/zoneinfo/');
      if (zone) return zone.slice(0, 64);
    } catch {
      // No link: a copied file, or none.
    }
    return this.text('etc/timezone')?.slice(0, 64);
  }

  /** Newest sign-in from utmp(5): 384-byte records, type at 0 (7 = user process), name at 44, time at 340. */
  private signedInUser(): string | undefined {
    const size = 384;
    const records = this.bytes('run/utmp') ?? this.bytes('var/run/utmp') ?? Buffer.alloc(0);
    let newest: { at: number; name: string } | undefined;
    for (let start = 0; start + size <= records.length; start += size) {
      if (records.readInt16LE(start) !== 7) continue;
      const [name = ''] = records.toString('utf8', start + 44, start + 76).split('\0');
      const at = records.readInt32LE(start + 340);
      if (name && (!newest || at >= newest.at)) newest = { at, name };
    }
    return newest?.name;
  }

  private text(path: string): string | undefined {
    return this.bytes(path)?.toString('utf8').trim() || undefined;
  }

  private bytes(path: string): Buffer | undefined {
    try {
      return readFileSync(join(this.root, path));
    } catch {
      // Absent, or not for this user to read: left out.
      return undefined;
    }
  }

  private names(path: string): string[] {
    try {
      return readdirSync(join(this.root, path));
    } catch {
      return [];
    }
  }
}

/** Blanks and backslashes in mount points are octal (proc(5)). */
const unescapeMount = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

function freeSpace(path: string): { sizeBytes: number; freeBytes: number } | undefined {
  try {
    const { blocks, bavail, bsize } = statfsSync(path);
    return blocks > 0 ? { sizeBytes: blocks * bsize, freeBytes: bavail * bsize } : undefined;
  } catch {
    return undefined;
  }
}
