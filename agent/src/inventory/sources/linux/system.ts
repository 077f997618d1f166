import { chassisName } from '../../formats/smbios';
import type { Machine } from '../../machine/machine';
import { source } from '../../source';
import { DMI, readDmi } from './dmi';
import { readVirtualisation } from './virtualisation';

const TREE = '/sys/firmware/devicetree/base';

/** SMBIOS as the kernel exports it (`/sys/class/dmi/id`); boards without it (ARM) have a device tree. */
export const linuxSystem = source({
  section: 'system',
  source: 'dmi',
  platforms: ['linux'],
  async collect(machine) {
    const [manufacturer, model, serialNumber, assetTag, uuid, type, virtualisation] = await Promise.all([
      readDmi(machine, 'sys_vendor'),
      readDmi(machine, 'product_name'),
      readDmi(machine, 'product_serial'),
      readDmi(machine, 'chassis_asset_tag'),
      readDmi(machine, 'product_uuid'),
      readDmi(machine, 'chassis_type'),
      readVirtualisation(machine),
    ]);
    const item = {
      manufacturer,
      model: model ?? (await treeText(machine, 'model')),
      serialNumber: serialNumber ?? (await treeText(machine, 'serial-number')),
      assetTag,
      uuid: uuid?.toLowerCase(),
      chassis: virtualisation?.kind ?? (type ? chassisName(Number(type)) : undefined),
      virtualisation: virtualisation?.name,
    };
    return { items: [item], unreadable: await unreadable(machine, item.model !== undefined) };
  },
});

async function unreadable(machine: Machine, named: boolean): Promise<Array<{ what: string; why: string }>> {
  if (!named && (await machine.files.stat(DMI)) === undefined)
    return [{ what: 'manufacturer, model and serial number', why: `this system shows no firmware table: no ${DMI}` }];
  const files = { 'serial number': `${DMI}/product_serial`, 'system UUID': `${DMI}/product_uuid` };
  const asked = Object.entries(files).map(async ([what, path]) => ({ what, why: await machine.files.why(path) }));
  return (await Promise.all(asked)).flatMap(({ what, why }) => (why ? [{ what, why }] : []));
}

/** Texts of a device tree end with NUL. */
const treeText = async ({ files }: Machine, name: string): Promise<string | undefined> =>
  (await files.text(`${TREE}/${name}`))?.replaceAll('\0', '').trim() || undefined;
