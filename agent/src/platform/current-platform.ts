import { LinuxPlatform } from './linux';
import { MacPlatform } from './macos';
import type { Platform } from './platform';
import { WindowsPlatform } from './windows';

/** @throws on a system that the agent does not run on */
export function currentPlatform(): Platform {
  if (process.platform === 'linux') return new LinuxPlatform();
  if (process.platform === 'darwin') return new MacPlatform();
  if (process.platform === 'win32') return new WindowsPlatform();
  throw new Error(`the agent does not run on ${process.platform}`);
}
