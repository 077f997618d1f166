import { textOf } from '../../formats/json';
import { source } from '../../source';
import { profile } from './system-profiler';

export const macOperatingSystem = source({
  section: 'operating-system',
  source: 'SPSoftwareDataType',
  platforms: ['macos'],
  async collect(machine) {
    const [about = {}] = await profile(machine, 'SPSoftwareDataType');
    // `macOS 14.5 (23F79)`
    const told = textOf(about['os_version']) ?? 'macOS';
    const [, name, version, build] = /^(.+?) ([\d.]+)(?: \((\w+)\))?$/.exec(told) ?? [];
    const [, zone] = (await machine.files.link('/etc/localtime'))?.split('/zoneinfo/') ?? [];
    const item = {
      name: told.replace(/ \(\w+\)$/, ''),
      version: name ? version : undefined,
      build,
      kernel: textOf(about['kernel_version']),
      architecture: machine.architecture,
      hostName: textOf(about['local_host_name']),
      timeZone: zone,
    };
    return { items: [item], unreadable: [{ what: 'when it was installed', why: 'macOS does not tell it' }] };
  },
});
