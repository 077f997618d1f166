import { decodeUdev, readUdev } from '../../formats/pairs';
import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';
import { encryptionOf, type Mount, readMounts } from './mounts';

/** Mounted file systems, with what udev knows of the device behind each. */
export const linuxVolumes = source({
  section: 'volumes',
  source: 'mountinfo',
  platforms: ['linux'],
  async collect(machine) {
    const mounts = await readMounts(machine);
    const items = await Promise.all(mounts.map((mount) => volumeOf(machine, mount)));
    const remote = mounts.some((mount) => mount.remote);
    const why = 'not asked: a file server that is away would hold the agent up';
    return { items, unreadable: remote ? [{ what: 'size of network file systems', why }] : [] };
  },
});

async function volumeOf(machine: Machine, mount: Mount): Promise<Found<'volumes'>> {
  const { mountPoint, fileSystem, readOnly, remote, block, number } = mount;
  const udev = readUdev((number && (await machine.files.text(`/run/udev/data/b${number}`))) || '');
  const encryption = block ? await encryptionOf(machine, block) : undefined;
  return {
    mountPoint,
    device: mount.source,
    fileSystem,
    label: decodeUdev(udev.get('ID_FS_LABEL_ENC')) ?? udev.get('ID_FS_LABEL'),
    uuid: udev.get('ID_FS_UUID') ?? (await uuidOf(machine, block)),
    // The size of a ZFS dataset is what is free in its pool.
    sizeBytes: remote || fileSystem === 'zfs' ? undefined : await machine.files.space(mountPoint),
    readOnly,
    encrypted: encryption && encryption.state !== 'off',
  };
}

/** From the links that udev made, where its data is not there. */
async function uuidOf({ files }: Machine, block: string | undefined): Promise<string | undefined> {
  if (!block) return undefined;
  for (const uuid of await files.names('/dev/disk/by-uuid'))
    if ((await files.link(`/dev/disk/by-uuid/${uuid}`))?.endsWith(`/${block}`)) return uuid;
  return undefined;
}
