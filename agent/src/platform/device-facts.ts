import { createHash } from 'node:crypto';
import { DeviceFacts, type Language, LANGUAGES, shape } from '@muster/contracts';
import { readFileIfThere, replaceFile } from '../state/files';
import { AGENT_VERSION } from '../version';
import type { Platform } from './platform';

/** Script languages that this device has an interpreter of. */
export const languagesOf = (platform: Platform): Language[] =>
  LANGUAGES.filter((language) => platform.interpreter(language) !== undefined);

export const readDeviceFacts = (platform: Platform): DeviceFacts =>
  shape(DeviceFacts, { ...platform.facts(), languages: languagesOf(platform), agentVersion: AGENT_VERSION });

/** Tells whether facts differ from those that the server has. */
export class FactsMemory {
  constructor(private readonly path: string) {}

  /** The facts, when the server does not have them in this form. */
  changed(facts: DeviceFacts): boolean {
    return readFileIfThere(this.path)?.trim() !== digest(facts);
  }

  delivered(facts: DeviceFacts): void {
    replaceFile(this.path, digest(facts));
  }
}

/** What changes all the time counts roughly or not at all: uptime, and free space by twentieths of the disk. */
function digest(facts: DeviceFacts): string {
  const disks = facts.disks.map((disk) => ({
    ...disk,
    freeBytes: Math.round((20 * disk.freeBytes) / Math.max(1, disk.sizeBytes)),
  }));
  const lasting = { ...facts, uptimeSeconds: undefined, disks };
  return createHash('sha256').update(JSON.stringify(lasting)).digest('hex');
}
