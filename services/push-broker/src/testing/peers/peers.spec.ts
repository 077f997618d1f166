import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestAuthority } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_DOMAIN } from '../test-broker';
import { parseTranscript } from '../transcript';
import { playTranscript } from '../transcript-runner';
import { startEjabberd } from './ejabberd';
import { ACCOUNTS_WITH_SECRETS, accountsOf, PEER_PASSWORD, PeerGround } from './peer-ground';
import type { PeerServer, PeerSettings } from './peer-server';
import { startProsody } from './prosody';

const folder = join(import.meta.dirname, '../transcripts');
const transcripts = readdirSync(folder)
  .filter((file) => file.endsWith('.txt'))
  .map((file) => ({ file, source: readFileSync(join(folder, file), 'utf8') }))
  .filter(({ source }) => process.env['XMPP_ANY'] || parseTranscript(source).anyServer);
const users = transcripts
  .flatMap((_, index) => Object.values(accountsOf(index)))
  .map((name) => ({ name, password: PEER_PASSWORD }))
  .concat(ACCOUNTS_WITH_SECRETS);

it('has transcripts that hold for any server', () => {
  expect(transcripts.length).toBeGreaterThanOrEqual(17);
});

describe.each<[string, (settings: PeerSettings) => Promise<PeerServer>]>([
  ['prosody', startProsody],
  ['ejabberd', startEjabberd],
])('what we take for XMPP holds on %s', (name, start) => {
  const place = mkdtempSync(join(tmpdir(), `muster-${name}-`));
  let server: PeerServer;

  beforeAll(async () => {
    const { chain, key } = await (await TestAuthority.create()).server([TEST_DOMAIN]);
    const certificate = join(place, 'server.pem');
    writeFileSync(certificate, `${key}\n${chain}`);
    server = await start({ folder: place, domain: TEST_DOMAIN, users, certificate, purpose: 'transcripts' });
  }, 90_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(place, { recursive: true, force: true });
  });

  for (const [index, { file, source }] of transcripts.entries()) {
    const transcript = parseTranscript(source, name);
    // Where all of it differs, there is nothing to play.
    if (transcript.steps.length === 0) continue;
    it(`${file}: ${transcript.title}`, () => playTranscript(transcript, new PeerGround(server, accountsOf(index))));
  }
});
