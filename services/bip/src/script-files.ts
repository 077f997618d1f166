import { readFile } from 'node:fs/promises';

/** Everything in `scripts/`, which lies beside `src/` and `dist/` alike. */
export type ScriptName =
  | 'install.sh'
  | 'uninstall.sh'
  | 'device/muster-agent'
  | 'device/supervise'
  | 'device/service'
  | 'device/init-script'
  | 'device/muster-agent.service'
  | 'device/copyright'
  | 'deb/preinst'
  | 'deb/postinst'
  | 'deb/prerm'
  | 'deb/postrm'
  | 'rpm/pre'
  | 'rpm/post'
  | 'rpm/preun'
  | 'rpm/postun'
  | 'windows/install.cmd'
  | 'windows/install.ps1'
  | 'windows/service.ps1'
  | 'windows/uninstall.ps1'
  | 'windows/muster-agent.cmd'
  | 'macos/install.sh'
  | 'macos/service.sh'
  | 'macos/uninstall.sh'
  | 'macos/muster-agent'
  | 'macos/muster-agent.plist';

/** Scripts are files of their own, so that editors and shellcheck see them. */
export const scriptFile = (name: ScriptName): Promise<string> =>
  readFile(new URL(`../scripts/${name}`, import.meta.url), 'utf8');
