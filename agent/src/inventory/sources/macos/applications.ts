import { listOf, textOf } from '../../formats/json';
import { source } from '../../source';
import { profile } from './system-profiler';

/** Parts of macOS itself, hundreds of them: their version is that of the operating system. */
const OF_MACOS = /^\/System\/Library\//;
const ARCHITECTURES: Record<string, string> = {
  arch_arm: 'arm64',
  arch_arm_i64: 'universal',
  arch_i64: 'x64',
  arch_i32_i64: 'x64',
  arch_ios: 'ios',
};

/** Applications as system_profiler finds them. Packages without one (pkgutil receipts) are not looked for. */
export const macApplications = source({
  section: 'software',
  source: 'SPApplicationsDataType',
  keys: 'macos|',
  platforms: ['macos'],
  async collect(machine) {
    const items = (await profile(machine, 'SPApplicationsDataType')).flatMap((entry) => {
      const name = textOf(entry['_name']);
      const path = textOf(entry['path']);
      if (!name || !path || OF_MACOS.test(path)) return [];
      const signer = listOf(entry['signed_by'])[0];
      return [
        {
          source: 'macos' as const,
          name,
          version: textOf(entry['version']) ?? '',
          architecture: ARCHITECTURES[textOf(entry['arch_kind']) ?? ''],
          publisher: signer?.replace(/^Developer ID Application: /, '').replace(/ \(\w{10}\)$/, ''),
          scope: path.startsWith('/Applications/') ? undefined : path,
        },
      ];
    });
    const why = 'receipts of pkgutil(1) are not read';
    return { items, unreadable: [{ what: 'packages without an application', why }] };
  },
});
