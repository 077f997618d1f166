import { arch, cpus, hostname, networkInterfaces, release, totalmem, type, uptime, userInfo } from 'node:os';
import type { NetworkFacts } from '@muster/contracts';
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
