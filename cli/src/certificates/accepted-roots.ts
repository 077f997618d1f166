import { isIP } from 'node:net';
import type { X509Certificate } from 'node:crypto';
import { Commands } from '../site/commands';
import type { TlsPlace } from './served';

const HEADING = 'Acceptable client certificate CA names';

/**
 * Names of the authorities whose clients a server asks for in its handshake (RFC 8446, section 4.2.4), in the form that
 * `nameOf` gives. Asked with `openssl`, since Node.js does not tell.
 * @returns undefined when it does not answer, or asks for no certificate
 */
export async function acceptedRoots(
  { host, port, serverName, alpn }: TlsPlace,
  commands = new Commands(),
): Promise<string[] | undefined> {
  const at = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
  const reply = await commands.try({
    file: 'openssl',
    args: [
      ...['s_client', '-connect', at],
      ...(isIP(serverName) ? ['-noservername'] : ['-servername', serverName]),
      ...(alpn ? ['-alpn', alpn.join(',')] : []),
    ],
  });
  const lines = reply.output.split('\n');
  const start = lines.indexOf(HEADING);
  if (start < 0) return undefined;
  const names: string[] = [];
  for (const line of lines.slice(start + 1)) {
    if (!/^\w+ ?= ?/.test(line)) break;
    names.push(inOneForm(line.split(/, (?=\w+ ?= ?)/)));
  }
  return names;
}

/** The subject of a root as `acceptedRoots` names it. */
export const nameOf = (root: X509Certificate): string => inOneForm(root.subject.split('\n'));

const inOneForm = (parts: readonly string[]): string =>
  parts
    .map((part) =>
      part
        .replace(/ ?= ?/, '=')
        .replace(/^(\w+=)"(.*)"$/, '$1$2')
        .trim(),
    )
    .join(',');
