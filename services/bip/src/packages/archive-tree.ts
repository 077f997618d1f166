import type { AgentConfig } from '@muster/contracts';
import type { AgentFiles } from '../installers/agent-files';
import type { NodeProgram } from '../node-programs/node-program';
import { type ScriptName, scriptFile } from '../script-files';
import { file, folder, type PackageFile } from './package-file';
import { type ArchivePlatform, systemOf } from './package-version';

const ROOT = '/muster-agent';
const PROGRAM = `${ROOT}/program`;

/** A script of ours: where it goes, and for which system. */
interface Placed {
  name: ScriptName;
  path: string;
  mode: number;
}
const PLACED: Readonly<Record<ReturnType<typeof systemOf>, readonly Placed[]>> = {
  windows: [
    { name: 'windows/install.cmd', path: `${ROOT}/install.cmd`, mode: 0o644 },
    { name: 'windows/install.ps1', path: `${ROOT}/install.ps1`, mode: 0o644 },
    { name: 'windows/service.ps1', path: `${PROGRAM}/service.ps1`, mode: 0o644 },
    { name: 'windows/uninstall.ps1', path: `${PROGRAM}/uninstall.ps1`, mode: 0o644 },
    { name: 'windows/muster-agent.cmd', path: `${PROGRAM}/bin/muster-agent.cmd`, mode: 0o644 },
  ],
  macos: [
    { name: 'macos/install.sh', path: `${ROOT}/install.sh`, mode: 0o755 },
    { name: 'macos/service.sh', path: `${PROGRAM}/bin/service.sh`, mode: 0o644 },
    { name: 'macos/uninstall.sh', path: `${PROGRAM}/bin/uninstall.sh`, mode: 0o755 },
    { name: 'macos/muster-agent', path: `${PROGRAM}/bin/muster-agent`, mode: 0o755 },
    { name: 'macos/muster-agent.plist', path: `${PROGRAM}/muster-agent.plist`, mode: 0o644 },
  ],
};

/** Everything in the archive but what belongs to one key: `program` is what the device keeps. */
export async function archiveTree(
  platform: ArchivePlatform,
  { bytes, sha256, md5 }: NodeProgram,
  agent: AgentFiles,
  licences?: string,
): Promise<{ folders: PackageFile[]; node: PackageFile; after: PackageFile[] }> {
  const system = systemOf(platform);
  // As Node.js' own archives have it.
  const [folders, path] =
    system === 'windows' ? [['/node'], '/node/node.exe'] : [['/node', '/node/bin'], '/node/bin/node'];
  const version = `${PROGRAM}/versions/${agent.version}`;
  const scripts = PLACED[system].map(async ({ name, path, mode }) => file(path, await textOf(name), mode));
  return {
    folders: [folder(ROOT), folder(PROGRAM), ...folders.map((name) => folder(`${PROGRAM}${name}`))],
    node: { path: `${PROGRAM}${path}`, kind: 'file', mode: 0o755, bytes, sha256, md5 },
    after: [
      folder(`${PROGRAM}/bin`),
      folder(`${PROGRAM}/versions`),
      folder(version),
      ...(await Promise.all(scripts)),
      file(`${PROGRAM}/launcher.mjs`, agent.launcher.content),
      file(`${PROGRAM}/packaged-version`, `${agent.version}\n`),
      file(`${PROGRAM}/platform`, `${platform}\n`),
      file(`${version}/main.mjs`, agent.program.content),
      file(`${PROGRAM}/LICENSE.txt`, (await scriptFile('device/copyright')).replaceAll(/\/?opt\/muster-agent\//g, '')),
      ...(licences === undefined ? [] : [file(`${PROGRAM}/LICENSE.node`, licences)]),
    ],
  };
}

/** Where to enrol, whom to trust, and the key. The installer puts them where only the system's administrators read them. */
export const archiveOwnFiles = (config: AgentConfig, key: string): PackageFile[] => [
  { ...file(`${ROOT}/agent.json`, `${JSON.stringify(config, null, 2)}\n`, 0o600), role: 'settings' },
  { ...file(`${ROOT}/registration.key`, `${key}\n`, 0o600), role: 'secret' },
];

/** The command interpreter of Windows wants its own ends of lines. */
async function textOf(name: ScriptName): Promise<string> {
  const text = await scriptFile(name);
  return name.startsWith('windows/') ? text.replaceAll('\n', '\r\n') : text;
}
