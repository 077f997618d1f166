import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noTrust } from '../certificates/server-trust';
import { CliError, EXIT } from '../core/exit-codes';
import { installGiven, placeTrust } from './certificates-step';
import { readComposeFile } from './compose-file';
import { prepareFolder, type SetupContext } from './context';
import { completeEnvFile, readEnvFile } from './env-file';
import { refuseContradictions } from './existing';
import { checkGround, tell } from './ground-step';
import type { Join } from './join-token';
import { type Answers, type Names, xmppNames, xmppVariables } from './plan';
import { makeSecrets } from './secrets';
import { certificatePlaces, containerFolder, place, serverRootsFolder } from './server-files';
import type { SetupOutcome } from './setup-itsm';
import { startStack, waitForHealth } from './start';
import { installWrapper } from './wrapper';

/** Sets up the XMPP server with what the ITSM server's token says. A second run changes nothing but what is new in it. */
export async function setupXmpp(context: SetupContext, token: Join): Promise<SetupOutcome> {
  const { folder, terminal, options } = context;
  const names: Names = {
    ...{ itsm: token.itsmDomain, base: token.baseDomain, xmpp: token.xmppDomain, consoleOrigin: token.consoleOrigin },
    ...{ addresses: token.addresses, xmppAddresses: token.xmppAddresses },
  };
  const envFile = join(folder, '.env');
  const before = readEnvFile(envFile);
  const wanted = {
    ...xmppVariables(names, answersOf(token, before)),
    ...(token.edgePort === 443 ? {} : { EDGE_PORT: String(token.edgePort) }),
    ...(before['XMPP_CERTS_DIR'] === undefined ? { XMPP_CERTS_DIR: './certs' } : {}),
  };
  refuseContradictions(envFile, before, wanted);
  refuseOtherLink(join(folder, 'secrets/nats-leaf'), token.natsLeaf);
  const findings = await checkGround(context, { names, turn: token.turn, variables: { ...wanted, ...before } });
  if (options.checkOnly) return { server: 'xmpp', folder, findings, started: false };

  prepareFolder('xmpp', folder);
  const changed: string[] = [];
  const places = certificatePlaces.xmpp(folder, { ...wanted, ...before });
  const target = { ...places, names: xmppNames(names) };
  const trust = token.serverTrust ?? noTrust;
  if (context.certificate) {
    const accepted = { own: token.deviceRoots, trust, decides: false };
    const given = await installGiven(target, context.certificate, accepted);
    tell(given.findings, terminal);
    findings.push(...given.findings);
    changed.push(target.certificate);
  } else if (token.certificate) {
    if (place(target.certificate, token.certificate)) changed.push(target.certificate);
  } else if (!existsSync(target.certificate)) {
    throw new CliError(
      EXIT.usage,
      'The ITSM server has a certificate of another CA, and this server has none yet.',
      `Give one for ${names.xmpp} with --certificate and --key.`,
    );
  }
  changed.push(...completeEnvFile(envFile, wanted).map((name) => `.env: ${name}`));
  if (installWrapper(folder)) changed.push(join(folder, 'muster'));
  const { secrets } = readComposeFile(folder);
  changed.push(...makeSecrets(secrets, { 'nats-leaf': token.natsLeaf }).map((name) => `secrets/${name}`));
  containerFolder(join(folder, 'config'));
  for (const [index, root] of token.deviceRoots.entries()) {
    const file = join(places.devices, `root-${index + 1}.crt`);
    if (place(file, root)) changed.push(file);
  }
  changed.push(...placeTrust(serverRootsFolder('xmpp', folder, { ...wanted, ...before }), trust));
  if (token.hubRoots.length > 0 && place(places.hub, token.hubRoots.join(''))) changed.push(places.hub);
  const outcome: SetupOutcome = { server: 'xmpp', folder, changed, findings, started: false };
  if (!options.start) return outcome;
  await startStack(folder, context.commands, terminal);
  await waitForHealth(context.stack, options.waitSeconds, terminal);
  return { ...outcome, started: true };
}

/** The version that runs stays: an upgrade changes it. */
const answersOf = (token: Join, before: Readonly<Record<string, string>>): Answers => ({
  ...{ domain: token.itsmDomain, addresses: token.addresses, xmppAddresses: token.xmppAddresses, turn: token.turn },
  version: before['MUSTER_VERSION'] ?? token.version,
  ...(token.webHost ? { webHost: token.webHost } : {}),
  ...(token.imagePrefix ? { imagePrefix: token.imagePrefix } : {}),
});

/** @throws CliError where this server was joined to another ITSM server */
export function refuseOtherLink(file: string, password: string): void {
  if (!existsSync(file) || readFileSync(file, 'utf8').trim() === password) return;
  throw new CliError(
    EXIT.config,
    'This server belongs to another ITSM server: the password of the link is a different one.',
    `If it is to change sides, remove ${file} and run setup again.`,
  );
}
