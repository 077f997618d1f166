import { arch, networkInterfaces } from 'node:os';
import { DeviceCommands } from './device-commands';
import { DeviceFiles } from './device-files';
import type { DevicePlatform, Machine } from './machine';

const NAMES: Partial<Record<NodeJS.Platform, DevicePlatform>> = { linux: 'linux', darwin: 'macos', win32: 'windows' };

/** The device that the agent runs on. @throws on a system that it does not run on */
export function thisMachine(): Machine {
  const platform = NAMES[process.platform];
  if (!platform) throw new Error(`the agent does not run on ${process.platform}`);
  return {
    platform,
    architecture: arch(),
    // Windows has no user number; the agent's service is installed as Local System there.
    privileged: process.getuid === undefined || process.getuid() === 0,
    files: new DeviceFiles(),
    commands: new DeviceCommands(platform),
    addresses: networkInterfaces,
  };
}
