import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { certificateCheck, type ServerCertificate } from '../certificates/inspect';
import { servedCertificateCheck } from '../certificates/served';
import { plausibleClockCheck } from '../checks/clock';
import type { Check } from '../checks/finding';
import { diskCheck } from '../checks/machine';
import { serviceCheck } from '../checks/services';
import { turnCheck, type TurnSecret } from '../checks/turn';
import { turnStreamsCheck, type TurnStream } from '../checks/turn-streams';
import { readEnvFile } from '../setup/env-file';
import type { Commands } from '../site/commands';
import { findServerFolder } from '../site/server-folder';
import { ComposeStack } from '../stack/compose-stack';
import { COTURN_PORTS } from '../stack/docker-facts';

const HERE = '127.0.0.1';

/** What coturn of this host listens to besides UDP. */
export const TURN_STREAMS: readonly TurnStream[] = [
  { host: HERE, port: COTURN_PORTS.TURN, transport: 'TCP' },
  { host: HERE, port: COTURN_PORTS['TURN with TLS and DTLS'], transport: 'TLS' },
];

/** The secret that this server shares with its TURN servers; absent where it has none, or may not read it. */
export function turnSecretIn(folder: string): TurnSecret | undefined {
  const file = join(folder, 'secrets/turn');
  try {
    return { secret: readFileSync(file, 'utf8').trim(), file };
  } catch {
    return undefined;
  }
}

/** The folder of a server with coturn alone, where that is what `--dir`, this folder or the usual ones hold. */
export function turnServerFolder(dir?: string): string | undefined {
  const found = findServerFolder(dir);
  return 'path' in found && found.kind === 'turn' ? found.path : undefined;
}

/**
 * Everything that can be asked on a server with coturn alone. By which names clients call it, under which roots they accept
 * it and with which secret the XMPP server makes credentials is known there: `muster doctor` on that server asks the rest.
 */
export function turnServerChecks(folder: string, commands?: Commands): Check[] {
  const access = turnSecretIn(folder);
  const certificate = certificateOf(folder);
  const tls = { host: HERE, port: COTURN_PORTS['TURN with TLS and DTLS'], serverName: certificate.names[0] ?? HERE };
  return [
    serviceCheck(new ComposeStack(folder, commands), folder),
    diskCheck(folder),
    plausibleClockCheck(),
    withoutRoots(certificateCheck(certificate)),
    servedCertificateCheck(certificate.file, tls),
    turnCheck({ host: HERE, port: COTURN_PORTS.TURN }, access ? { access } : {}),
    turnStreamsCheck(TURN_STREAMS),
  ];
}

/** It is for whatever it names itself. */
function certificateOf(folder: string): ServerCertificate {
  const certs = resolve(folder, readEnvFile(join(folder, '.env'))['TURN_CERTS_DIR'] || '/opt/turn/certs');
  const file = join(certs, 'cert.crt');
  return { file, keyFile: join(certs, 'cert.key'), names: namesIn(file), roots: [] };
}

function namesIn(file: string): string[] {
  try {
    const { subjectAltName = '' } = new X509Certificate(readFileSync(file));
    return [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name = '']) => name);
  } catch {
    return []; // the check of the certificate says why
  }
}

/** The roots of an own or a company's CA are not on this server, so that a chain may well lead to one of them. */
const withoutRoots = ({ name, run }: Check): Check => ({
  name,
  run: async () => (await run()).filter(({ code }) => code !== 'certificate-chain-incomplete'),
});
