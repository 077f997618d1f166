import { type Found, source } from '../../source';
import { encryptionOf, readMounts } from './mounts';

/** dm-crypt below each local volume, as the device mapper names it. What a disk does by itself (OPAL) does not show. */
export const linuxEncryption = source({
  section: 'encryption',
  source: 'device-mapper',
  platforms: ['linux'],
  async collect(machine) {
    const items: Array<Found<'encryption'>> = [];
    const unreadable = [];
    for (const { mountPoint, block, fileSystem, remote } of await readMounts(machine)) {
      if (remote) continue;
      const system = mountPoint === '/';
      if (block) items.push({ volume: mountPoint, system, ...(await encryptionOf(machine, block)) });
      else {
        items.push({ volume: mountPoint, system, state: 'unknown' });
        unreadable.push({ what: `encryption of ${mountPoint}`, why: `${fileSystem} shows no block device below it` });
      }
    }
    return { items, unreadable };
  },
});
