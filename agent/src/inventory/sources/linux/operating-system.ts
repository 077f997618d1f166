import { readAssignments } from '../../formats/pairs';
import type { Machine } from '../../machine/machine';
import { source } from '../../source';

/** Folders that installers leave behind: they are as old as the system. */
const INSTALLERS = ['/var/log/installer', '/var/log/anaconda'];

/** os-release(5), the kernel and the settings below /etc. */
export const linuxOperatingSystem = source({
  section: 'operating-system',
  source: 'os-release',
  platforms: ['linux'],
  async collect(machine) {
    const { files } = machine;
    const release = readAssignments(
      (await files.text('/etc/os-release')) ?? (await files.text('/usr/lib/os-release')) ?? '',
    );
    const [hostName, kernel, locale] = await Promise.all([
      files.text('/proc/sys/kernel/hostname'),
      files.text('/proc/sys/kernel/osrelease'),
      readLocale(machine),
    ]);
    const [short, ...domain] = (hostName ?? '').split('.');
    const item = {
      name: release.get('PRETTY_NAME') || release.get('NAME') || 'Linux',
      // Debian's own file has the point release.
      version:
        (release.get('ID') === 'debian' && (await files.text('/etc/debian_version'))) || release.get('VERSION_ID'),
      build: release.get('BUILD_ID') || release.get('IMAGE_VERSION'),
      codename: release.get('VERSION_CODENAME'),
      kernel,
      architecture: machine.architecture,
      hostName: short,
      domain: domain.join('.') || undefined,
      timeZone: await readTimeZone(machine),
      locale,
      installedAt: await installedAt(machine),
    };
    const why = 'no installer left its log on this device';
    return { items: [item], unreadable: item.installedAt ? [] : [{ what: 'when it was installed', why }] };
  },
});

async function readLocale({ files }: Machine): Promise<string | undefined> {
  for (const path of ['/etc/locale.conf', '/etc/default/locale']) {
    const language = readAssignments((await files.text(path)) ?? '').get('LANG');
    if (language) return language;
  }
  return undefined;
}

async function readTimeZone({ files }: Machine): Promise<string | undefined> {
  const [, zone] = (await files.link('/etc/localtime'))?.split('/zoneinfo/') ?? [];
  return zone ?? (await files.text('/etc/timezone'));
}

async function installedAt({ files }: Machine): Promise<string | undefined> {
  for (const path of INSTALLERS) {
    const stat = await files.stat(path);
    if (stat) return new Date(Math.min(stat.birthtimeMs || stat.mtimeMs, stat.mtimeMs)).toISOString();
  }
  return undefined;
}
