import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { listRevocations, type Revocation, type RevocationList } from '@muster/contracts';
import { CliError, EXIT } from '../../core/exit-codes';
import type { Site } from '../../site/site';
import { ComposeStack } from '../../stack/compose-stack';
import { installationAt } from '../sources/source';
import { revokedIn } from './revoked-in-database';

/** Devices and certificates that may not come back, and nothing secret. */
export interface RevocationsFile {
  kind: 'muster-revocations';
  installation: string;
  /** ISO 8601: complete up to this moment, when it was written last. */
  at: string;
  revocations: Pick<Revocation, 'kind' | 'id' | 'organisationId' | 'at'>[];
}

/** As long as one of a device's certificates may be renewed: 90 days, a year of grace, and some days for clocks. */
const MATTERS_MS = 460 * 86_400_000;
const PAGE = 1000;

/**
 * Writes what the suite says is revoked. What the file had before stays in it: a suite that was restored knows less.
 * @throws CliError when nobody can be asked, or the file is of another installation
 */
export async function writeRevocations(site: Site, file: string, now = Date.now()) {
  const installation = installationAt(site);
  const before = existsSync(file) ? readRevocations(file, installation).revocations : [];
  const url = await site.stack.databaseUrl();
  const known = url ? await revokedIn(url) : await askKeyManager(site);
  const all = new Map([...before, ...known].map((one) => [`${one.kind} ${one.id}`, one]));
  const revocations = [...all.values()].filter(({ at }) => Date.parse(at) + MATTERS_MS > now);
  const text: RevocationsFile = {
    kind: 'muster-revocations',
    installation,
    at: new Date(now).toISOString(),
    revocations,
  };
  const made = `${file}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(made, `${JSON.stringify(text, null, 1)}\n`, { mode: 0o600, flush: true });
    renameSync(made, file);
  } catch (error) {
    rmSync(made, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(EXIT.cannotCreate, `${file} cannot be written (${code}); what it said before is still there.`);
  }
  return { file, revocations: revocations.length };
}

/** @throws CliError when it is none, is damaged, or of another installation */
export function readRevocations(file: string, installation: string): RevocationsFile {
  if (!existsSync(file)) throw new CliError(EXIT.missing, `There is no file ${file}.`);
  let read: Partial<RevocationsFile>;
  try {
    read = JSON.parse(readFileSync(file, 'utf8')) as Partial<RevocationsFile>;
  } catch {
    throw new CliError(EXIT.data, `${file} is damaged.`);
  }
  const { kind, revocations } = read;
  const inForm = kind === 'muster-revocations' && Array.isArray(revocations) && revocations.every(isRevocation);
  if (!inForm) throw new CliError(EXIT.data, `${file} is no list of revocations.`);
  if (read.installation !== installation) {
    throw new CliError(EXIT.data, `${file} is of another installation.`, 'Name another file.');
  }
  return read as RevocationsFile;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
function isRevocation(one: unknown): boolean {
  const { kind, id, organisationId, at } = one as Partial<Record<keyof Revocation, unknown>>;
  const texts = [id, organisationId, at].every((text) => typeof text === 'string');
  const idFits =
    kind === 'device' ? UUID.test(String(id)) : kind === 'certificate' && /^[0-9a-f]{64}$/i.test(String(id));
  return texts && idFits && UUID.test(String(organisationId)) && !Number.isNaN(Date.parse(String(at)));
}

/** From the XMPP server, through the link, as its broker does. */
async function askKeyManager(site: Site): Promise<RevocationsFile['revocations']> {
  const address = site.stack instanceof ComposeStack ? await site.stack.addressOf('nats') : undefined;
  if (!address || site.kind !== 'xmpp')
    throw new CliError(EXIT.unavailable, 'The stack does not run here.', 'Start the stack; see "muster status".');
  const pass = readFileSync(join(site.folder, 'secrets/nats-push-broker'), 'utf8').trim();
  const away = (error: unknown): CliError =>
    new CliError(EXIT.unavailable, 'The ITSM server does not answer through the link.', 'Run "muster doctor".', {
      cause: error,
    });
  const place = { servers: `nats://${address}:4222`, user: 'push-broker', pass, inboxPrefix: '_INBOX.push-broker' };
  const nats = await connect({ ...place, name: 'muster backup revocations', reconnect: false }).catch(
    (error: unknown) => {
      throw away(error);
    },
  );
  try {
    const found: Revocation[] = [];
    for (let after = 0; ;) {
      const reply = await nats
        .request(listRevocations.subject, JSON.stringify({ after }), { timeout: 10_000 })
        .catch((error: unknown) => {
          throw away(error);
        });
      const { revocations } = reply.json<Partial<RevocationList>>();
      if (!revocations) throw away(new Error(reply.string()));
      found.push(...revocations);
      if (revocations.length < PAGE) break;
      after = Math.max(...revocations.map(({ sequence }) => sequence));
    }
    return found
      .filter(({ kind }) => kind === 'device' || kind === 'certificate')
      .map(({ kind, id, organisationId, at }) => ({ kind, id, organisationId, at }));
  } finally {
    await nats.close();
  }
}
