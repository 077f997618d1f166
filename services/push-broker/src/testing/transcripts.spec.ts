import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, it } from 'vitest';
import { TestAuthority } from '@muster/testing';
import { parseTranscript } from './transcript';
import { runTranscript } from './transcript-runner';

const folder = join(import.meta.dirname, 'transcripts');

describe('transcripts', () => {
  let authority: TestAuthority;
  beforeAll(async () => {
    authority = await TestAuthority.create();
  });

  for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
    const transcript = parseTranscript(readFileSync(join(folder, file), 'utf8'));
    it(`${file}: ${transcript.title}`, () => runTranscript(transcript, authority));
  }
});
