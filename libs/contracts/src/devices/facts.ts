import { Decimal, List, nested, text, Text, Whole } from '../schema/fields';

/** Basic facts about a device, sent at enrolment and when they change. What an agent cannot read it leaves out. */
export class DiskFacts {
  @Text({ max: 512 }) mountPoint: string;
  @Text({ max: 512 }) fileSystem: string;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, about: 'Bytes.' }) sizeBytes: number;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, about: 'Bytes.' }) freeBytes: number;
}
export class NetworkFacts {
  @Text({ max: 128 }) name: string;
  @Text({ max: 64 }) mac: string;
  @List(text({ max: 64 }), { max: 64 }) addresses: string[];
}
export class DeviceFacts {
  @Text({ max: 255 }) hostName: string;
  @Text({ max: 64, about: 'linux, windows, macos, ios or android.' }) platform: string;
  @Text({ max: 200, about: 'For example "Debian GNU/Linux 12 (bookworm)".' }) osName: string;
  @Text({ max: 200 }) osVersion: string;
  @Text({ max: 200 }) kernel: string;
  @Text({ max: 64 }) architecture: string;
  @Text({ max: 200, optional: true }) manufacturer?: string;
  @Text({ max: 200, optional: true }) model?: string;
  @Text({ max: 200, optional: true }) serialNumber?: string;
  @Text({ max: 200, optional: true }) processor?: string;
  @Whole({ min: 1, max: 65_536, optional: true }) processorCount?: number;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, optional: true, about: 'Bytes.' }) memoryBytes?: number;
  @Decimal({ min: 0, max: 1e10, optional: true, about: 'Seconds since the device started.' }) uptimeSeconds?: number;
  @Text({ max: 200, optional: true, about: 'The signed-in user, or the user that the agent runs as.' }) user?: string;
  @Text({ max: 64, optional: true }) timeZone?: string;
  @List(nested(() => DiskFacts), { max: 256 }) disks: DiskFacts[];
  @List(nested(() => NetworkFacts), { max: 256 }) networks: NetworkFacts[];
  @List(text({ max: 32 }), { max: 16, about: 'Script languages that this device can run.' })
  languages: string[];
  @Text({ max: 64 }) agentVersion: string;
}
