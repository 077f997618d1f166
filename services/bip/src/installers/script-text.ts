import type { AgentConfig } from '@muster/contracts';
import { scriptFile } from '../script-files';
import type { AgentFiles } from './agent-files';

export interface InstallerSettings {
  key: string;
  hostName: string;
  port: number;
  /** Addresses to dial instead of asking DNS; may be empty. */
  addresses: string[];
  /** Roots to pin, PEM. */
  anchors: string[];
}

/** The line of install.sh whose place the settings take. */
const PLACE = '# @settings@\n';

/** install.sh with everything that this device needs to know, as shell assignments. */
export async function installerText(
  settings: InstallerSettings,
  files: Pick<AgentFiles, 'version' | 'program' | 'launcher' | 'node'>,
): Promise<string> {
  const { key, hostName, port, addresses, anchors } = settings;
  const config: AgentConfig = {
    enrolment: [{ hostName, port, addresses }],
    anchors,
    registrationKey: key,
    issuedAt: new Date().toISOString(),
  };
  const assignments = {
    HOST: hostName,
    PORT: String(port),
    ADDRESSES: addresses.join(' '),
    KEY: key,
    VERSION: files.version,
    MAIN_SHA256: files.program.sha256,
    LAUNCHER_SHA256: files.launcher.sha256,
    NODE_SHA256: files.node?.sha256 ?? '',
    ANCHORS: anchors.map((pem) => pem.trim()).join('\n'),
    CONFIG: JSON.stringify(config, null, 2),
  };
  const text = await scriptFile('install.sh');
  const parts = text.split(PLACE);
  if (parts.length !== 2) throw new Error('install.sh has no place for its settings');
  return parts.join(
    Object.entries(assignments)
      .map(([name, value]) => `${name}=${quoted(value)}\n`)
      .join(''),
  );
}

export const uninstallerText = (): Promise<string> => scriptFile('uninstall.sh');

/** One word of POSIX shell, whatever the text. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
