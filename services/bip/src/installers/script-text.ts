import { type AgentConfig, caBundle } from '@muster/contracts';
import { scriptFile } from '../script-files';

/** What install.sh is told beside where to enrol. */
export interface PayloadDigest {
  /** As `uname -m` is understood by install.sh. */
  processor: 'x64' | 'arm64';
  sha256: string;
  bytes: number;
  /** Whether Node.js is in it. */
  withNode: boolean;
}

/** The line of install.sh whose place the settings take. */
const PLACE = '# @settings@\n';

/** install.sh with everything that this device needs to know, as shell assignments. */
export async function installerText(
  key: string,
  config: Omit<AgentConfig, 'registrationKey'>,
  { version, payloads }: { version: string; payloads: readonly PayloadDigest[] },
): Promise<string> {
  const [server] = config.enrolment;
  if (!server) throw new Error('there is no server to enrol at');
  const assignments = {
    HOST: server.hostName,
    PORT: String(server.port),
    ADDRESSES: server.addresses.join(' '),
    KEY: key,
    VERSION: version,
    ...Object.fromEntries(
      payloads.flatMap(({ processor, sha256, bytes, withNode }) => [
        [`SHA256_${processor}`, sha256],
        [`BYTES_${processor}`, String(bytes)],
        [`NODE_${processor}`, withNode ? 'yes' : ''],
      ]),
    ),
    ANCHORS: caBundle(config).trimEnd(),
    PUBLIC: config.publicServers ? 'yes' : '',
    BY_NAME: (config.serverAnchors ?? config.publicServers) ? 'yes' : '',
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
