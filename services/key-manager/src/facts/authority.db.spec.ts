import 'reflect-metadata';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_ORGANISATION_ID } from '@muster/contracts';
import { eventually } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootProfile } from '../authority/profiles';
import { fingerprint, newKey, selfSign } from '../authority/x509';
import { WithFacts } from '../testing/with-facts';

let facts: WithFacts;
beforeAll(async () => {
  facts = await WithFacts.start();
});
afterAll(() => facts?.stop());

describe('the authority', () => {
  const told = () =>
    facts.service
      .sql<{ part: string }>('SELECT part FROM identity.told_certificates ORDER BY part')
      .then((rows) => rows.map(({ part }) => part));
  const parts = [
    'issuing/devices',
    'root',
    'signing/audit-head',
    'signing/endpoint-map',
    'signing/operation',
    'signing/release',
  ];

  it('is told as it was made, and to a second instance nothing more', async () => {
    expect(await told()).toEqual(parts);
    await facts.outbox.news();
    await facts.service.addInstance();
    expect(await facts.outbox.news()).toEqual([]);
  });

  it('is told when a root comes and when it goes, once however many instances see it', async () => {
    const root = await selfSign(await newKey(), rootProfile('Example', '9'));
    const file = join(facts.service.caDir, 'roots', 'root-9.crt');
    const fact = { organisationId: DEFAULT_ORGANISATION_ID, part: 'root', fingerprint: fingerprint(root.certificate) };
    for (const change of ['added', 'removed']) {
      if (change === 'added') await writeFile(file, root.pem);
      else await rm(file);
      const count = change === 'added' ? parts.length + 1 : parts.length;
      await eventually(async () => (await told()).length === count, { within: 15_000 });
      const both = () =>
        facts.service.instances.every(
          ({ lines }) =>
            lines.filter((line) => line.includes('Took up changed')).length >= (change === 'added' ? 1 : 2),
        );
      await eventually(both, { within: 15_000 });
      expect(await facts.outbox.news()).toMatchObject([
        { subject: 'authority.changed.v1', payload: { ...fact, change } },
      ]);
    }
  });
});
