import { randomBytes, randomUUID } from 'node:crypto';
import type { DeviceFacts, HardwareIdentity } from '@muster/contracts';

/** Hardware that no other device has. */
export function newHardware(): HardwareIdentity {
  const mac = [...randomBytes(5)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return {
    systemUuid: randomUUID(),
    serialNumber: randomBytes(6).toString('hex').toUpperCase(),
    machineId: randomBytes(16).toString('hex'),
    macs: [`02:${mac}`],
  };
}

/** Facts of a small Linux server. */
export function newFacts(): DeviceFacts {
  return {
    hostName: `simulated-${randomBytes(4).toString('hex')}`,
    platform: 'linux',
    osName: 'Debian GNU/Linux 12 (bookworm)',
    osVersion: '12',
    kernel: '6.1.0-18-amd64',
    architecture: 'x64',
    memoryBytes: 8 * 1024 ** 3,
    processorCount: 4,
    disks: [{ mountPoint: '/', fileSystem: 'ext4', sizeBytes: 100e9, freeBytes: 60e9 }],
    networks: [{ name: 'eth0', mac: '02:00:00:00:00:01', addresses: ['192.0.2.10'] }],
    languages: ['sh', 'bash', 'python'],
    agentVersion: '0.0.0-simulated',
  };
}
