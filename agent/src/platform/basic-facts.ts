import { statfsSync } from 'node:fs';
import { arch, cpus, hostname, networkInterfaces, release, totalmem, type, uptime, userInfo } from 'node:os';
import type { DiskFacts, NetworkFacts } from '@muster/contracts';
import type { PlatformFacts } from './platform';

/** What Node.js tells on every system, without starting a program. */
export function basicFacts(platform: string): PlatformFacts {
  const processors = cpus();
  return {
    hostName: hostname(),
    platform,
    osName: type(),
    osVersion: release(),
    kernel: release(),
    architecture: arch(),
    processor: processors[0]?.model.trim() || undefined,
    processorCount: processors.length || undefined,
    memoryBytes: totalmem(),
    uptimeSeconds: Math.round(uptime()),
    user: currentUser(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    disks: [],
    networks: networks(),
  };
}

/** Size and free space of the file system at a path, as a list of facts; empty where the system does not tell. */
export function diskAt(mountPoint: string, fileSystem: string): DiskFacts[] {
  try {
    const { blocks, bavail, bsize } = statfsSync(mountPoint);
    return blocks > 0 ? [{ mountPoint, fileSystem, sizeBytes: blocks * bsize, freeBytes: bavail * bsize }] : [];
  } catch {
    return [];
  }
}

/** Interfaces with addresses other than loopback's, by name. */
export function networks(): NetworkFacts[] {
  const found: NetworkFacts[] = [];
  for (const [name, entries = []] of Object.entries(networkInterfaces())) {
    const outside = entries.filter((entry) => !entry.internal);
    const mac = outside[0]?.mac;
    if (mac) found.push({ name, mac, addresses: outside.map((entry) => entry.cidr ?? entry.address).sort() });
  }
  return found.sort((left, right) => (left.name < right.name ? -1 : 1));
}

export function currentUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // A uid without a passwd entry, as in containers.
    return undefined;
  }
}
