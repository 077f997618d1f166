import { basename } from 'node:path/posix';
import type { Machine } from '../../machine/machine';

export interface Mount {
  mountPoint: string;
  source: string;
  fileSystem: string;
  readOnly: boolean;
  /** Name below /sys/class/block, where a block device is behind it. */
  block?: string;
  /** `8:1`, of the block device. */
  number?: string;
  /** Over a network. */
  remote: boolean;
}

/** File systems that hold somebody's data. */
const LOCAL =
  /^(ext[234]|xfs|btrfs|zfs|f2fs|jfs|reiserfs|bcachefs|nilfs2|vfat|msdos|exfat|ntfs3?|fuseblk|hfsplus|apfs|ocfs2|gfs2|9p|virtiofs|iso9660|udf|erofs)$/;
const REMOTE = /^(nfs4?|cifs|smb3|ceph|glusterfs|fuse\.(glusterfs|sshfs|ceph)|afs|lustre|beegfs)$/;

/**
 * Mounted file systems from mountinfo (proc(5)), each once: bind mounts show what is shown already. Containers' layers
 * come and go and are left out, except where the agent lives on one.
 */
export async function readMounts(machine: Machine): Promise<Mount[]> {
  const once = new Map<string, Mount>();
  for (const line of ((await machine.files.text('/proc/self/mountinfo')) ?? '').split('\n')) {
    const [own = '', super_ = ''] = line.split(' - ');
    const [, , device = '', root = '', target = '', options = ''] = own.split(' ').map(unescapeMount);
    const [fileSystem = '', from = '', superOptions = ''] = super_.split(' ').map(unescapeMount);
    const remote = REMOTE.test(fileSystem);
    if (!target.startsWith('/') || !(LOCAL.test(fileSystem) || remote || target === '/')) continue;
    const mount: Mount = {
      mountPoint: target,
      source: from,
      fileSystem,
      readOnly: [...options.split(','), ...superOptions.split(',')].includes('ro'),
      remote,
      ...(await blockOf(machine, from, device)),
    };
    // Subvolumes of one file system are file systems to people.
    const key = /^(btrfs|zfs|bcachefs)$/.test(fileSystem) ? `${device} ${from} ${root}` : `${device} ${from}`;
    const known = once.get(key);
    if (!known || isBefore(target, known.mountPoint)) once.set(key, mount);
  }
  // What is mounted over something else hides it.
  const visible = new Map([...once.values()].map((mount) => [mount.mountPoint, mount]));
  return [...visible.values()].sort((left, right) => (left.mountPoint < right.mountPoint ? -1 : 1));
}

const isBefore = (left: string, right: string): boolean =>
  left.length < right.length || (left.length === right.length && left < right);

/** Blanks and backslashes are octal (proc(5)). */
const unescapeMount = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** btrfs has a device number of its own: its block device is known by its path only. */
async function blockOf({ files }: Machine, path: string, number: string): Promise<{ block?: string; number?: string }> {
  const linked = await files.real(`/sys/dev/block/${number}`);
  if (linked) return { block: basename(linked), number };
  if (!path.startsWith('/dev/')) return {};
  const block = basename((await files.real(path)) ?? path);
  const own = await files.text(`/sys/class/block/${block}/dev`);
  return own ? { block, number: own } : {};
}

export type Cover = 'on' | 'off' | 'partly';
const METHODS: ReadonlyArray<[string, string]> = [
  ['CRYPT-LUKS2', 'LUKS2'],
  ['CRYPT-LUKS1', 'LUKS1'],
  ['CRYPT-BITLK', 'BitLocker'],
  ['CRYPT-TCRYPT', 'VeraCrypt'],
  ['CRYPT-PLAIN', 'dm-crypt'],
  ['CRYPT', 'dm-crypt'],
];
const DEEPEST = 10;

/** Whether dm-crypt lies between a block device and the disks below it: LVM and RAID are looked through. */
export async function encryptionOf(
  machine: Machine,
  block: string,
  depth = 0,
): Promise<{ state: Cover; method?: string }> {
  const uuid = (await machine.files.text(`/sys/class/block/${block}/dm/uuid`)) ?? '';
  const method = METHODS.find(([prefix]) => uuid.startsWith(prefix))?.[1];
  if (method) return { state: 'on', method };
  const slaves = depth < DEEPEST ? await machine.files.names(`/sys/class/block/${block}/slaves`) : [];
  const below = await Promise.all(slaves.map((name) => encryptionOf(machine, name, depth + 1)));
  const covered = below.filter(({ state }) => state !== 'off');
  if (covered.length === 0) return { state: 'off' };
  const whole = covered.length === below.length && covered.every(({ state }) => state === 'on');
  return { state: whole ? 'on' : 'partly', method: covered[0]?.method };
}
