import { numberOf, textOf } from '../../formats/json';
import { filledIn } from '../../formats/filled-in';
import { hypervisorOf } from '../../formats/hypervisors';
import { chassisName } from '../../formats/smbios';
import { source } from '../../source';
import { cim, powershell } from './powershell';

export const windowsSystem = source({
  section: 'system',
  source: 'Win32_ComputerSystemProduct',
  platforms: ['windows'],
  async collect(machine) {
    const [product = {}] = await powershell(
      machine,
      cim('Win32_ComputerSystemProduct', ['Vendor', 'Name', 'IdentifyingNumber', 'UUID']),
    );
    const [enclosure = {}] = await powershell(
      machine,
      cim('Win32_SystemEnclosure', ['ChassisTypes', 'SMBIOSAssetTag']),
    );
    const manufacturer = filledIn(textOf(product['Vendor']));
    const model = filledIn(textOf(product['Name']));
    const virtualisation = hypervisorOf(manufacturer, model);
    const [type] = [enclosure['ChassisTypes']].flat();
    const item = {
      manufacturer,
      model,
      serialNumber: filledIn(textOf(product['IdentifyingNumber'])),
      assetTag: filledIn(textOf(enclosure['SMBIOSAssetTag'])),
      uuid: filledIn(textOf(product['UUID']))?.toLowerCase(),
      chassis: virtualisation ? 'virtual machine' : chassisName(numberOf(type) ?? 0),
      virtualisation,
    };
    return { items: [item], unreadable: [] };
  },
});
