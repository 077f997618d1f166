import { statfs } from 'node:fs/promises';
import type { SampleDisk } from '@muster/contracts';
import type { LinuxFiles } from './linux-files';
import type { Reading } from './reading';

/** File systems of this device that hold data. Those of other machines are left out: asking a dead one would hang. */
const OWN_FILE_SYSTEMS =
  /^(ext[234]|xfs|btrfs|zfs|f2fs|jfs|reiserfs|bcachefs|vfat|exfat|ntfs3?|fuseblk|overlay|9p|virtiofs|ocfs2|gfs2)$/;
/** Not disks of their own: loops, memory, and what is made of other disks and would count twice. */
const NOT_A_DISK = /^(loop|ram|zram|dm-|md|sr|fd|nbd|drbd|zd)\d*/;
/** /proc/diskstats counts in sectors of 512 bytes whatever the disk's own are (Documentation/admin-guide/iostats.rst). */
const SECTOR = 512;

export class LinuxDisks {
  /** Mount points whose answer is still awaited: one that hangs is not asked again. */
  private readonly asked = new Set<string>();

  constructor(private readonly files: LinuxFiles) {}

  /** Bytes since the start of the device, of whole disks. */
  counters(): Reading['diskBytes']['of'] {
    const disks = new Set(this.files.names('sys/block').filter((name) => !NOT_A_DISK.test(name)));
    const found = new Map<string, { read: number; written: number }>();
    for (const line of (this.files.text('proc/diskstats') ?? '').split('\n')) {
      const [, , name = '', , , read = '', , , , written = ''] = line.trim().split(/\s+/);
      if (disks.has(name)) found.set(name, { read: Number(read) * SECTOR, written: Number(written) * SECTOR });
    }
    return found;
  }

  /** Space of mounted file systems. The same device mounted twice (bind mounts) is one. */
  async space(withinMs = 2000): Promise<SampleDisk[]> {
    const points = new Map<string, string>();
    for (const line of (this.files.text('proc/self/mounts') ?? '').split('\n')) {
      const [source = '', point = '', fileSystem = ''] = line.split(' ').map(unescapeMount);
      const once = fileSystem === 'overlay' ? point : source;
      if (OWN_FILE_SYSTEMS.test(fileSystem) && !points.has(once)) points.set(once, point);
    }
    const spaces = await Promise.all([...points.values()].slice(0, 256).map((point) => this.ask(point, withinMs)));
    return spaces.filter((space) => space !== undefined);
  }

  private async ask(mountPoint: string, withinMs: number): Promise<SampleDisk | undefined> {
    if (this.asked.has(mountPoint)) return undefined;
    this.asked.add(mountPoint);
    const answer = statfs(this.files.path(mountPoint))
      .then(({ blocks, bfree, bsize }) =>
        blocks > 0 ? { mountPoint, usedBytes: (blocks - bfree) * bsize, sizeBytes: blocks * bsize } : undefined,
      )
      .catch(() => undefined)
      .finally(() => this.asked.delete(mountPoint));
    const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), withinMs).unref());
    return Promise.race([answer, late]);
  }
}

/** Blanks and backslashes in mount points are octal (proc(5)). */
const unescapeMount = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
