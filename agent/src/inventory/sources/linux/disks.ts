import { decodeUdev, readUdev } from '../../formats/pairs';
import type { Machine } from '../../machine/machine';
import { type Found, source } from '../../source';
import { filledIn } from '../../formats/filled-in';

/** Block devices that are made of others, or of memory. */
const NOT_DISKS = /^(loop|ram|zram|dm-|md|nbd|drbd|fd)\d*/;
const SECTOR = 512;

/** `/sys/block`, with what udev knows of each. */
export const linuxDisks = source({
  section: 'disks',
  source: 'sys-block',
  platforms: ['linux'],
  async collect(machine) {
    const names = (await machine.files.names('/sys/block')).filter((name) => !NOT_DISKS.test(name));
    const items = (await Promise.all(names.map((name) => readDisk(machine, name)))).flat();
    const unreadable =
      items.length > 0
        ? [{ what: 'health of disks', why: 'not read on Linux: S.M.A.R.T. needs root and would wake sleeping disks' }]
        : [];
    for (const { name, serialNumber, type } of items)
      if (!serialNumber && type !== 'optical')
        unreadable.push({ what: `serial number of ${name}`, why: 'neither the kernel nor udev tells it' });
    return { items, unreadable };
  },
});

async function readDisk({ files }: Machine, name: string): Promise<Array<Found<'disks'>>> {
  const folder = `/sys/block/${name}`;
  const sectors = Number(await files.text(`${folder}/size`));
  // A card reader without a card is no disk.
  if (!(sectors > 0)) return [];
  const udev = readUdev((await files.text(`/run/udev/data/b${await files.text(`${folder}/dev`)}`)) ?? '');
  const first = async (...paths: string[]): Promise<string | undefined> => {
    for (const path of paths) {
      const text = filledIn(await files.text(`${folder}/${path}`));
      if (text) return text;
    }
    return undefined;
  };
  const bus = busOf(name, (await files.real(folder)) ?? '');
  const rotational = (await first('queue/rotational')) ?? '0';
  const vendor = await first('device/vendor');
  return [
    {
      name: `/dev/${name}`,
      // virtio has the vendor's PCI number here, SATA the word ATA.
      vendor: vendor && !/^(0x[0-9a-f]+|ATA)$/i.test(vendor) ? vendor : undefined,
      model: (await first('device/model')) ?? decodeUdev(udev.get('ID_MODEL_ENC')) ?? udev.get('ID_MODEL'),
      serialNumber:
        filledIn(udev.get('ID_SERIAL_SHORT')) ??
        (await first('device/serial', 'serial')) ??
        filledIn(unitSerial(await files.bytes(`${folder}/device/vpd_pg80`))),
      type: typeOf(name, bus, rotational),
      bus,
      sizeBytes: sectors * SECTOR,
    },
  ];
}

function busOf(name: string, path: string): string | undefined {
  if (name.startsWith('nvme')) return 'nvme';
  if (name.startsWith('mmcblk')) return 'mmc';
  if (path.includes('/usb')) return 'usb';
  if (path.includes('/virtio')) return 'virtio';
  if (path.includes('/ata')) return 'sata';
  if (path.includes('/vbd-')) return 'xen';
  return path.includes('/host') ? 'scsi' : undefined;
}

function typeOf(name: string, bus: string | undefined, rotational: string): string {
  if (name.startsWith('sr')) return 'optical';
  if (bus === 'virtio' || bus === 'xen') return 'virtual';
  if (bus === 'nvme') return 'nvme';
  if (bus === 'mmc') return 'flash';
  return rotational === '1' ? 'hdd' : 'ssd';
}

/** SCSI page 0x80: four bytes of header with the length in the last two, then text. */
const unitSerial = (page: Buffer | undefined): string | undefined =>
  page && page.length > 4 ? page.toString('latin1', 4, 4 + page.readUInt16BE(2)).trim() || undefined : undefined;
