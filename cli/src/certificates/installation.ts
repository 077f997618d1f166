import { join } from 'node:path';
import { CliError, EXIT } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import { completeAnswers } from '../setup/answers';
import { findCertificateScript, OwnAuthority } from '../setup/authority';
import { releasePlaces } from '../setup/context';
import { readEnvFile } from '../setup/env-file';
import { answersFrom } from '../setup/existing';
import { type Answers, type Names, namesOf } from '../setup/plan';
import { authorityFolder, certificatePlaces } from '../setup/server-files';
import { Commands } from '../site/commands';
import type { Site } from '../site/site';
import type { ServerCertificate } from './inspect';
import type { TlsPlace } from './served';

/** A server that setup made, as far as its certificates go. */
export interface Installation {
  site: Site & { kind: 'itsm' | 'xmpp' };
  variables: Readonly<Record<string, string>>;
  answers: Answers;
  names: Names;
  /** Its own certificate, and where it is served. */
  certificate: ServerCertificate;
  place: TlsPlace;
  /** The part that serves it. */
  part: string;
  /** Folder for files that were replaced. */
  aside: string;
  commands: Commands;
  terminal: Terminal;
}

/** @throws CliError where there is no server of a compose stack */
export async function installationOf(
  site: Site,
  terminal: Terminal,
  commands: Commands = new Commands(),
): Promise<Installation> {
  const { kind, folder } = site;
  const [served] = site.certificates;
  if (kind === 'local' || !served) {
    throw new CliError(
      EXIT.usage,
      'The certificates of a local stack are made by npm start.',
      'Use certs-templates/make-certs.sh on its data folder; the stack takes up what changes.',
    );
  }
  const variables = readEnvFile(join(folder, '.env'));
  const answers = await completeAnswers(answersFrom(variables), variables['MUSTER_VERSION'] ?? 'latest');
  return {
    ...{ site: { ...site, kind }, variables, answers, names: namesOf(answers) },
    ...{ certificate: served.certificate, place: served.place, part: kind === 'itsm' ? 'web' : 'push-broker' },
    ...{ aside: join(folder, 'replaced-certificates'), commands, terminal },
  };
}

/** @throws CliError on a server that has none */
export function authorityOf({ site, variables, commands }: Installation): OwnAuthority {
  if (site.kind !== 'itsm') throw new CliError(EXIT.usage, 'The own CA is on the ITSM server: run this there.');
  const folder = authorityFolder(site.folder, variables);
  const authority = new OwnAuthority(folder, findCertificateScript(releasePlaces()), commands);
  if (authority.exists) return authority;
  throw new CliError(EXIT.config, `There is no authority in ${folder}.`, 'Bring it back from your backup.');
}

/** Where the files of this server's certificate are. */
export const placesOf = ({ site, variables }: Installation) =>
  site.kind === 'itsm'
    ? certificatePlaces.itsm(site.folder, variables)
    : certificatePlaces.xmpp(site.folder, variables);
