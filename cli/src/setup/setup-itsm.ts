import { join } from 'node:path';
import type { Finding } from '../checks/finding';
import { joined, noTrust, serverTrustIn } from '../certificates/server-trust';
import { completeAnswers, type GivenAnswers } from './answers';
import { findCertificateScript, OwnAuthority } from './authority';
import { installGiven, issueOwn, placeTrust } from './certificates-step';
import { readComposeFile } from './compose-file';
import { prepareFolder, releasePlaces, type SetupContext } from './context';
import { completeEnvFile, readEnvFile, type Variables } from './env-file';
import { answersFrom, refuseContradictions } from './existing';
import { checkGround, tell } from './ground-step';
import { isOwnCertificate, writeJoin } from './hand-out';
import { itsmCertificateNames, itsmNames, itsmVariables, type Names, namesOf } from './plan';
import { makeSecrets } from './secrets';
import { authorityFolder, certificatePlaces, containerFolder, serverRootsFolder } from './server-files';
import { startStack, waitForHealth } from './start';
import { installWrapper } from './wrapper';

export interface SetupOutcome {
  server: 'itsm' | 'xmpp';
  folder: string;
  /** Absent when only the ground was looked at. */
  changed?: string[];
  findings: Finding[];
  started: boolean;
  address?: string;
  /** The first administrator, until the password was changed. */
  user?: string;
  passwordFile?: string;
  /** File with the join token for the XMPP server. */
  joinFile?: string;
}

/** Sets up the ITSM server. A second run changes nothing but what is missing. */
export async function setupItsm(context: SetupContext): Promise<SetupOutcome> {
  const { folder, terminal, options } = context;
  const envFile = join(folder, '.env');
  const before = readEnvFile(envFile);
  const known = Object.keys(before).length > 0;
  const given = { ...(known ? answersFrom(before) : ownImages(options)), ...defined(context.given) };
  const answers = await completeAnswers(given, options.version, known ? undefined : context.prompts);
  const names = namesOf(answers);
  const wanted = {
    ...itsmVariables(names, answers),
    ...(before['ITSM_CERTS_DIR'] === undefined ? { ITSM_CERTS_DIR: './certs' } : {}),
  };
  refuseContradictions(envFile, before, wanted);
  const findings = await checkGround(context, { names, turn: answers.turn, variables: { ...wanted, ...before } });
  if (options.checkOnly) return { server: 'itsm', folder, findings, started: false };

  prepareFolder('itsm', folder);
  const authority = new OwnAuthority(authorityFolder(folder, before), findCertificateScript(releasePlaces()));
  const changed = await write(context, { names, wanted, authority, findings });
  const joinFile = await writeJoin(folder, { names, answers, authority }, options);
  const outcome: SetupOutcome = {
    ...{ server: 'itsm', folder, changed, findings, joinFile, started: false },
    ...{ address: names.consoleOrigin, user: `admin@${names.base}` },
    passwordFile: join(folder, 'secrets/first-admin-password'),
  };
  if (!options.start) return outcome;
  await startStack(folder, context.commands, terminal);
  await waitForHealth(context.stack, options.waitSeconds, terminal);
  return { ...outcome, started: true };
}

interface Work {
  names: Names;
  wanted: Readonly<Record<string, string>>;
  authority: OwnAuthority;
  findings: Finding[];
}

/** In this order: a given certificate that does not fit stops setup before anything else is written. */
async function write(context: SetupContext, { names, wanted, authority, findings }: Work): Promise<string[]> {
  const { folder, terminal, options } = context;
  const envFile = join(folder, '.env');
  const variables: Variables = { ...wanted, ...readEnvFile(envFile) };
  const places = certificatePlaces.itsm(folder, variables);
  const target = {
    ...places,
    names: itsmNames(names, variables['ITSM_WEB_HOST']),
    issueFor: itsmCertificateNames(names),
  };
  const trusted = serverRootsFolder('itsm', folder, readEnvFile(envFile));
  const changed: string[] = [];
  let adds = noTrust;
  if (context.certificate) {
    const own = authority.exists ? authority.roots() : [];
    const given = await installGiven(target, context.certificate, {
      own,
      trust: serverTrustIn(trusted),
      decides: true,
    });
    tell(given.findings, terminal);
    findings.push(...given.findings);
    adds = given.adds;
    changed.push(target.certificate);
  }
  changed.push(...completeEnvFile(envFile, wanted).map((name) => `.env: ${name}`));
  if (installWrapper(folder)) changed.push(join(folder, 'muster'));
  terminal.progress('Making secrets and certificates …');
  changed.push(...makeSecrets(readComposeFile(folder).secrets).map((name) => `secrets/${name}`));
  if (await authority.make(`Muster ${names.base}`)) changed.push(authority.folder);
  changed.push(...placeTrust(trusted, joined(serverTrustIn(trusted), adds)));
  containerFolder(join(folder, 'config'));
  if (!context.certificate && (isOwnCertificate(target.certificate, authority) || options.renew)) {
    if (await issueOwn(target, authority, options.renew)) changed.push(target.certificate);
  }
  return changed;
}

/** Where the command's own image came from there are the others too. */
const ownImages = ({ imagePrefix }: SetupContext['options']): GivenAnswers =>
  imagePrefix ? { 'image-prefix': imagePrefix } : {};

const defined = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
