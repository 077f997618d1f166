import { textOf } from '../../formats/json';
import { hypervisorOf } from '../../formats/hypervisors';
import { source } from '../../source';
import { profile } from './system-profiler';

export const macSystem = source({
  section: 'system',
  source: 'SPHardwareDataType',
  platforms: ['macos'],
  async collect(machine) {
    const [about = {}] = await profile(machine, 'SPHardwareDataType');
    const model = textOf(about['machine_model']);
    const name = textOf(about['machine_name']);
    const virtualisation = /^VirtualMac/.test(model ?? '') ? 'Apple Virtualization' : hypervisorOf(undefined, model);
    const item = {
      manufacturer: 'Apple Inc.',
      model: model && name ? `${name} (${model})` : (model ?? name),
      serialNumber: textOf(about['serial_number']),
      uuid: textOf(about['platform_UUID'])?.toLowerCase(),
      chassis: virtualisation ? 'virtual machine' : chassisOf(name ?? ''),
      virtualisation,
    };
    return { items: [item], unreadable: [] };
  },
});

function chassisOf(name: string): string | undefined {
  if (/^MacBook/.test(name)) return 'laptop';
  if (/^iMac/.test(name)) return 'all-in-one';
  return /^(Mac|Xserve)/.test(name) ? 'desktop' : undefined;
}
