import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSite } from '../site/site';
import { testFolder } from '../testing/folder';
import { makeBackup } from './make-backup';
import type { Source } from './sources/source';

const root = testFolder();
writeFileSync(join(root, 'docker-compose.yml'), 'services: { web: {} }\n');
/** A server of which nothing runs: what is told of a backup does not depend on what is in it. */
const source: Source = {
  ...{ server: 'itsm', version: '1.2.3', domain: 'itsm.company.test', places: {}, queues: [], volumes: [] },
  leaveOut: () => false,
  volume: async function* () {
    // has none
  },
};
let count = 0;

async function made(...lines: string[]) {
  writeFileSync(join(root, '.env'), ['ITSM_DOMAIN=itsm.company.test', ...lines, ''].join('\n'));
  const told: string[] = [];
  const { leftOut } = await makeBackup(
    {
      ...{ site: openSite({ dir: root }), version: '1.2.3', file: join(root, `${(count += 1)}.backup`) },
      ...{ passphrase: 'a passphrase of the tests', onProgress: (step) => void told.push(step) },
    },
    async () => source,
  );
  return { leftOut, warnings: told.filter((step) => step.startsWith('Warning')) };
}

describe('a backup', () => {
  it('says that packages in S3 are not in it, and where they are, without a password', async () => {
    expect(await made('PACKAGE_STORE=s3', 'S3_URL=https://someone:secret@s3.company.test/muster/packages')).toEqual({
      leftOut: [{ what: 'packages', where: 'https://s3.company.test/muster/packages' }],
      warnings: [expect.stringMatching(/not in this backup: they are in S3, https:\/\/s3\.company\.test\/muster\//)],
    });
    expect(await made('PACKAGE_STORE=files', 'DOWNLOADS_PACKAGE_STORE=s3')).toEqual({
      leftOut: [{ what: 'packages' }],
      warnings: [expect.stringContaining('they are in S3. ')],
    });
  });

  it('has nothing to say where packages are files of the server', async () => {
    expect(await made()).toEqual({ leftOut: [], warnings: [] });
    expect(await made('PACKAGE_STORE=s3', 'DOWNLOADS_PACKAGE_STORE=files')).toEqual({ leftOut: [], warnings: [] });
  });
});
