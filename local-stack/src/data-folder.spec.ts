import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificates } from './certificates';
import { damagedData } from './data-folder';
import { secretsAndCluster, unfinishedCluster } from './first-start';
import { layout, type Layout } from './layout';
import { readOptions } from './options';
import { readSecrets, secretsFile } from './secrets';

/** What is looked at of the database, and little enough to be copied for each test. */
const CHECKED = ['PG_VERSION', 'base/1/PG_VERSION', 'pg_wal/archive_status', 'global/pg_control'].map(
  (path) => `postgres/${path}`,
);
const project = join(import.meta.dirname, '../..');
const folder = (): Layout => {
  const data = mkdtempSync(join(tmpdir(), 'muster-data-'));
  chmodSync(data, 0o711);
  return layout(project, readOptions(['--data', data], project));
};

/** As a first start makes it, with a real database. */
let whole: Layout;
let place: Layout;
beforeAll(() => {
  whole = folder();
  mkdirSync(whole.certificates);
  makeCertificates(whole);
  expect(secretsAndCluster(whole).first).toBe(true);
}, 60_000);
beforeEach(() => {
  if (place) rmSync(place.data, { recursive: true });
  place = folder();
  for (const path of ['secrets.json', 'authority', ...CHECKED]) {
    cpSync(join(whole.data, path), join(place.data, path), { recursive: true });
  }
});
afterAll(() => {
  for (const { data } of [whole, place]) rmSync(data, { recursive: true });
});

const withoutField = (name: string): void => {
  const secrets = JSON.parse(readFileSync(secretsFile(place.data), 'utf8')) as Record<string, unknown>;
  delete secrets[name];
  writeFileSync(secretsFile(place.data), JSON.stringify(secrets));
};
const inCluster = (path: string): string => join(place.cluster, path);
const shorten = (path: string): void => writeFileSync(path, readFileSync(path).subarray(0, 100));

describe('a data folder', () => {
  it('is whole after a first start, and known by the next', () => {
    expect(damagedData(place)).toEqual([]);
    const { first, secrets } = secretsAndCluster(place);
    expect(first).toBe(false);
    expect(secrets).toEqual(readSecrets(whole.data));
    expect(statSync(secretsFile(whole.data)).mode & 0o077).toBe(0);
  });

  it('with the secrets of a backup and nothing else gets a database that they open', () => {
    rmSync(place.cluster, { recursive: true });
    const before = readSecrets(place.data);
    expect(secretsAndCluster(place)).toEqual({ secrets: before, first: false });
    expect(damagedData(place)).toEqual([]);
  }, 60_000);

  it('into which a restore did not get to its end is not started', () => {
    writeFileSync(join(place.data, 'restore-unfinished'), '');
    expect(damagedData(place)).toEqual([
      expect.stringMatching(/A restore into .+ did not get to its end; run it again: /),
    ]);
  });

  it('of an older version gets the passwords that it lacks', () => {
    const before = readSecrets(place.data);
    const older = { ...before, nats: { ...before?.nats }, databaseApp: { ...before?.databaseApp } };
    delete older.nats['plugins'];
    delete older.databaseApp['plugins'];
    writeFileSync(secretsFile(place.data), JSON.stringify(older));
    expect(damagedData(place)).toEqual([]);
    const { secrets } = secretsAndCluster(place);
    expect(secrets.nats['plugins']).toMatch(/.{20}/);
    expect(secrets.databaseApp['core']).toBe(before?.databaseApp['core']);
    expect(readSecrets(place.data)).toEqual(secrets);
  });

  it.each([
    ['secrets that are not JSON', 'secrets.json cannot be read', () => writeFileSync(secretsFile(place.data), '{')],
    [
      'secrets that are nothing',
      'secrets.json lacks edge, postgresAdmin',
      () => writeFileSync(secretsFile(place.data), 'null'),
    ],
    ['secrets without one of them', 'secrets.json lacks firstAdminPassword', () => withoutField('firstAdminPassword')],
    [
      'secrets without a group of them',
      'lacks databaseApp.core, databaseApp.identity',
      () => withoutField('databaseApp'),
    ],
    ['a database without its secrets', 'only one is there', () => rmSync(secretsFile(place.data))],
    ['secrets without their database', 'only one is there', () => rmSync(place.cluster, { recursive: true })],
    ['no version', 'no PG_VERSION', () => rmSync(inCluster('PG_VERSION'))],
    ['another version', 'of PostgreSQL "14"', () => writeFileSync(inCluster('PG_VERSION'), '14\n')],
    ['no tables', 'no base', () => rmSync(inCluster('base'), { recursive: true })],
    ['no log', 'no pg_wal', () => rmSync(inCluster('pg_wal'), { recursive: true })],
    ['no control file', 'no global/pg_control', () => rmSync(inCluster('global/pg_control'))],
    ['half a control file', 'pg_control is not one', () => shorten(inCluster('global/pg_control'))],
    [
      'zeros as control file',
      'pg_control is not one',
      () => writeFileSync(inCluster('global/pg_control'), Buffer.alloc(8192)),
    ],
    [
      'half an authority',
      'authority has no issuing',
      () => rmSync(join(place.certificateAuthority, 'issuing'), { recursive: true }),
    ],
  ])('with %s is told of in one sentence with the remedy', (_, fault, spoil) => {
    spoil();
    const faults = damagedData(place);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
    expect(faults[0]).toContain(`rm -r ${place.data}`);
  });

  it.each([
    ['before', () => rmSync(secretsFile(place.data))],
    ['after', () => undefined],
  ])('whose first start was cut off %s the secrets were written is not damaged', (_, cutOff) => {
    beingMade();
    cutOff();
    expect(damagedData(place)).toEqual([]);
  });

  it('whose first start was cut off begins anew', () => {
    const before = readSecrets(place.data);
    beingMade();
    const { first, secrets } = secretsAndCluster(place);
    expect(first).toBe(true);
    expect(secrets.postgresAdmin).not.toBe(before?.postgresAdmin);
    expect(existsSync(unfinishedCluster(place))).toBe(false);
    expect(damagedData(place)).toEqual([]);
  });
});

function beingMade(): void {
  rmSync(place.cluster, { recursive: true });
  mkdirSync(join(unfinishedCluster(place), 'base'), { recursive: true });
}
