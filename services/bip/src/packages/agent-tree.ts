import type { AgentConfig } from '@muster/contracts';
import type { AgentFiles } from '../installers/agent-files';
import type { NodeProgram } from '../node-programs/node-program';
import { scriptFile } from '../script-files';
import { file, folder, link, type PackageFile, systemFolders } from './package-file';

const INSTALL = '/opt/muster-agent';

/** Node.js and the folders above it: first in every archive, so that all formats share what is compressed of it. */
export function nodeFiles({ bytes, sha256, md5 }: Pick<NodeProgram, 'bytes' | 'sha256' | 'md5'>): {
  folders: PackageFile[];
  node: PackageFile;
} {
  return {
    folders: [...systemFolders('/opt'), folder(INSTALL), folder(`${INSTALL}/node`), folder(`${INSTALL}/node/bin`)],
    node: { bytes, sha256, md5, path: `${INSTALL}/node/bin/node`, kind: 'file', mode: 0o755 },
  };
}

/** What every package holds beside Node.js; the same for all keys. */
export async function commonFiles(agent: AgentFiles, licences?: string): Promise<PackageFile[]> {
  const docs = '/usr/share/doc/muster-agent';
  return [
    file(`${INSTALL}/launcher.mjs`, agent.launcher.content),
    file(`${INSTALL}/packaged-version`, `${agent.version}\n`),
    folder(`${INSTALL}/versions`),
    folder(`${INSTALL}/versions/${agent.version}`),
    file(`${INSTALL}/versions/${agent.version}/main.mjs`, agent.program.content),
    folder(`${INSTALL}/bin`),
    file(`${INSTALL}/bin/muster-agent`, await scriptFile('device/muster-agent'), 0o755),
    file(`${INSTALL}/bin/supervise`, await scriptFile('device/supervise'), 0o755),
    file(`${INSTALL}/bin/service`, await scriptFile('device/service'), 0o755),
    ...systemFolders('/etc', '/etc/init.d'),
    { ...file('/etc/init.d/muster-agent', await scriptFile('device/init-script'), 0o755), role: 'settings' },
    ...systemFolders('/usr', '/usr/bin', '/usr/lib', '/usr/lib/systemd', '/usr/lib/systemd/system'),
    link('/usr/bin/muster-agent', '/opt/muster-agent/bin/muster-agent'),
    file('/usr/lib/systemd/system/muster-agent.service', await scriptFile('device/muster-agent.service')),
    ...systemFolders('/usr/share', '/usr/share/doc'),
    folder(docs),
    file(`${docs}/copyright`, await scriptFile('device/copyright')),
    ...(licences === undefined ? [] : [file(`${docs}/LICENSE.node`, licences)]),
    folder('/etc/muster-agent'),
    ...systemFolders('/var', '/var/lib'),
    folder('/var/lib/muster-agent', 0o700),
  ];
}

/** What makes a package one key's: where to enrol, whom to trust, and the key, which the agent removes. */
export function ownFiles(config: AgentConfig, key: string): PackageFile[] {
  const settings = `${JSON.stringify(config, null, 2)}\n`;
  return [
    { ...file('/etc/muster-agent/agent.json', settings, 0o600), role: 'settings' },
    { ...file('/var/lib/muster-agent/registration.key', `${key}\n`, 0o600), role: 'secret' },
  ];
}
