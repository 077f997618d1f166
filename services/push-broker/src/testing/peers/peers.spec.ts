import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestAuthority } from '@muster/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TEST_DOMAIN } from '../test-broker';
import { TestCredentials } from '../test-credentials';
import { type Difference, parseTranscript, type Transcript } from '../transcript';
import { includes } from '../transcript-client';
import { DoesNotHold, playTranscript } from '../transcript-runner';
import { startEjabberd } from './ejabberd';
import { ACCOUNTS_WITH_SECRETS, accountsOf, PEER_PASSWORD, PeerGround } from './peer-ground';
import type { PeerServer, PeerSettings } from './peer-server';
import { startProsody } from './prosody';

const folder = join(import.meta.dirname, '../transcripts');
const transcripts = readdirSync(folder)
  .filter((file) => file.endsWith('.txt'))
  .map((file) => ({ file, source: readFileSync(join(folder, file), 'utf8') }));

/** A transcript that is to hold, but for its last paragraph where there is a `difference`. */
interface Play {
  title: string;
  transcript: Transcript;
  difference?: Difference;
}

/** All that is played against a server, in the order of the files. */
function playsOn(server: string): Play[] {
  return transcripts.flatMap(({ file, source }) => {
    const transcript = parseTranscript(source, server);
    if (!transcript.anyServer || (transcript.byCertificate && !BY_CERTIFICATE.includes(server))) return [];
    const differences = transcript.differences.map((difference) => ({
      title: `${file} differs from line ${difference.line} on: ${difference.instead}`,
      transcript: parseTranscript(source, server, difference.line),
      difference,
    }));
    return [{ title: `${file}: ${transcript.title}`, transcript }, ...differences];
  });
}

/** Servers on which clients sign in by certificate too. */
const BY_CERTIFICATE = ['ejabberd'];

/** Milliseconds that a server has to answer, and those after which it is taken to be silent where that is expected. */
const ANSWER_MS = 15_000;
const SILENCE_MS = 4000;

/** Plays that share nothing with others; those of accounts whose passwords stand in the transcript; and the end. */
const KINDS = {
  apart: ({ transcript }: Play) => !transcript.options['secrets'] && !isTheEnd(transcript),
  inTurns: ({ transcript }: Play) => Boolean(transcript.options['secrets']),
  last: ({ transcript }: Play) => isTheEnd(transcript),
};
const isTheEnd = ({ steps }: Transcript): boolean =>
  steps.some((step) => step.kind === 'do' && step.words.join(' ') === 'server shuts down');

it('every transcript is about any server, or says why it is not', () => {
  const heads = transcripts.map(({ file, source }) => ({ file, ...parseTranscript(source) }));
  expect(heads.filter(({ anyServer, oursAlone }) => anyServer === (oursAlone !== undefined))).toEqual([]);
  expect(heads.filter(({ anyServer }) => anyServer).length).toBeGreaterThan(40);
});

describe.each<[string, (settings: PeerSettings) => Promise<PeerServer>]>([
  ['prosody', startProsody],
  ['ejabberd', startEjabberd],
])('what we take for XMPP holds on %s', (name, start) => {
  const place = mkdtempSync(join(tmpdir(), `muster-${name}-`));
  const certificate = join(place, 'server.pem');
  const clientAuthority = join(place, 'clients.pem');
  const plays = playsOn(name);
  const users = plays
    .flatMap((_, index) => Object.values(accountsOf(index)))
    .map((account) => ({ name: account, password: PEER_PASSWORD }))
    .concat(ACCOUNTS_WITH_SECRETS);
  let authority: TestAuthority;
  let server: PeerServer;

  const begin = async (): Promise<void> => {
    const folder = mkdtempSync(join(place, 'run-'));
    const files = { folder, certificate, clientAuthority };
    server = await start({ ...files, domain: TEST_DOMAIN, users, purpose: 'transcripts' });
  };

  beforeAll(async () => {
    authority = await TestAuthority.create();
    const { chain, key } = await authority.server([TEST_DOMAIN]);
    writeFileSync(clientAuthority, authority.rootPem);
    writeFileSync(certificate, `${key}\n${chain}`);
    await begin();
  }, 90_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(place, { recursive: true, force: true });
  });

  const play = async ({ transcript, difference }: Play, index: number): Promise<void> => {
    const answerMs = difference?.instead === 'silence' ? SILENCE_MS : ANSWER_MS;
    const accounts = accountsOf(index);
    const credentials = new TestCredentials(authority, (account) => accounts[account] ?? account);
    const ground = new PeerGround(server, accounts, answerMs, transcript.byCertificate ? credentials : undefined);
    const played = playTranscript(transcript, ground);
    await (difference ? expectDifference(played, difference) : played);
  };
  describe.concurrent('at the same time', () => tests(KINDS.apart));
  describe('in turns', () => tests(KINDS.inTurns));
  // Each of them ends the server. Not every server has such.
  if (plays.some(KINDS.last)) {
    describe('at last', () => {
      beforeEach(async () => {
        await server.stop();
        await begin();
      }, 90_000);
      tests(KINDS.last);
    });
  }

  function tests(kind: (play: Play) => boolean): void {
    for (const [index, one] of plays.entries())
      if (kind(one)) it(one.title, { timeout: 60_000 }, () => play(one, index));
  }
});

/** A difference that is gone is one too many in the transcript. */
async function expectDifference(played: Promise<void>, { line, end, instead }: Difference): Promise<void> {
  const failure: unknown = await played.then(
    () => new Error(`lines ${line} to ${end} hold: there is no difference`),
    (error: unknown) => error,
  );
  if (!(failure instanceof DoesNotHold) || failure.line < line || failure.line > end) throw failure;
  if (!includes(failure.received, instead))
    throw new Error(`${instead} was expected instead, but: ${failure.message}`, { cause: failure });
}
