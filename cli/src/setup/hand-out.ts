import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificatesIn, digestOf } from '../certificates/pem';
import { type ServerTrust, serverTrustIn } from '../certificates/server-trust';
import type { OwnAuthority } from './authority';
import { issueForXmpp } from './certificates-step';
import type { SetupOptions } from './context';
import { readEnvFile } from './env-file';
import { rootsAbove } from './given-certificate';
import { encodeJoin, type Join } from './join-token';
import { type Answers, type Names, xmppNames } from './plan';
import { certificatePlaces, place, serverRootsFolder } from './server-files';

/** Whether the certificate in place is of the own CA, or there is none: only such a one is made anew. */
export function isOwnCertificate(file: string, authority: OwnAuthority): boolean {
  if (!existsSync(file)) return true;
  return rootsAbove(readFileSync(file, 'utf8'), authority.roots()).some((root) => authority.holds(root));
}

/** Writes the token for the XMPP server, from what is in place on the ITSM server now. @returns its file */
export async function writeJoin(
  folder: string,
  { names, answers, authority }: { names: Names; answers: Answers; authority: OwnAuthority },
  options: Pick<SetupOptions, 'joinHours' | 'renew'>,
): Promise<string> {
  const variables = readEnvFile(join(folder, '.env'));
  const served = readFileSync(certificatePlaces.itsm(folder, variables).certificate, 'utf8');
  const own = isOwnCertificate(certificatePlaces.itsm(folder, variables).certificate, authority);
  const trust = serverTrustIn(serverRootsFolder('itsm', folder, variables));
  const token: Join = {
    expiresAt: new Date(Date.now() + options.joinHours * 3_600_000).toISOString(),
    ...{ itsmDomain: names.itsm, baseDomain: names.base, xmppDomain: names.xmpp, consoleOrigin: names.consoleOrigin },
    ...(variables['ITSM_WEB_HOST'] ? { webHost: variables['ITSM_WEB_HOST'] } : {}),
    ...{ addresses: [...names.addresses], xmppAddresses: [...names.xmppAddresses], turn: answers.turn },
    ...{ edgePort: Number(variables['EDGE_PORT'] || 443), version: answers.version },
    ...(answers.imagePrefix ? { imagePrefix: answers.imagePrefix } : {}),
    natsLeaf: readFileSync(join(folder, 'secrets/nats-leaf'), 'utf8').trim(),
    deviceRoots: authority.roots(),
    hubRoots: hubRootsFor(served, authority, trust),
    serverTrust: trust,
    rootFingerprint: authority.fingerprint(),
    ...(own
      ? { certificate: await issueForXmpp(join(folder, 'join/xmpp.pem'), authority, xmppNames(names), options.renew) }
      : {}),
  };
  const file = join(folder, 'join/token');
  place(file, `${encodeJoin(token)}\n`, 0o600);
  return file;
}

/** What the link accepts: the root of what is shown now, and those of what may be shown next without a new token. */
function hubRootsFor(served: string, authority: OwnAuthority, { roots }: ServerTrust): string[] {
  const found = [...authority.roots(), ...rootsAbove(served, authority.roots()), ...roots].flatMap(certificatesIn);
  return [...new Map(found.map((root) => [digestOf(root), root.toString()])).values()];
}
