import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CertificateMaker } from '../testing/bad-certificates';
import { testFolder } from '../testing/folder';
import { place } from '../setup/server-files';
import { acceptance, joined, noTrust, serverTrustIn, type ServerTrust, trustFiles } from './server-trust';
import { serverTrustCheck } from './server-trust-check';

const folder = testFolder();
const make = new CertificateMaker(folder);
const ca = (name: string): string => make.read(`${name}.crt`);
const chain = (name: string): string => ca(`${name}-server`) + ca(`${name}-issuing`);

beforeAll(() => {
  for (const name of ['own', 'company', 'public']) {
    make.authority(name, `${name} root`);
    make.authority(`${name}-issuing`, `${name} issuing`, name);
    make.server(`${name}-server`, ['itsm.company.test'], `${name}-issuing`);
  }
});

describe('whether devices accept a chain', () => {
  const company = (): ServerTrust => ({ roots: [ca('company')], public: false });
  const everybody: ServerTrust = { roots: [], public: true };
  const verdict = (name: string, known: ServerTrust = noTrust, offered: ServerTrust = noTrust) =>
    // Stands in for Mozilla's list, whose keys nobody here has.
    acceptance(chain(name), { own: [ca('own')], known, offered }, [ca('public')]);

  it('needs nothing for the own CA, nor for what is let in already', () => {
    expect(verdict('own')).toEqual({ accepted: true, adds: noTrust });
    expect(verdict('own', noTrust, { ...company(), public: true })).toEqual({ accepted: true, adds: noTrust });
    expect(verdict('company', company())).toEqual({ accepted: true, adds: noTrust });
    expect(verdict('public', everybody)).toEqual({ accepted: true, adds: noTrust });
  });

  it('lets in no more than the chain needs, and only what is offered', () => {
    expect(verdict('company')).toEqual({ accepted: false });
    expect(verdict('company', noTrust, everybody)).toEqual({ accepted: false });
    expect(verdict('company', noTrust, { ...company(), public: true })).toEqual({ accepted: true, adds: company() });
    expect(verdict('company', noTrust, { roots: [ca('company-issuing')], public: false })).toEqual({ accepted: false });
    expect(verdict('public')).toEqual({ accepted: false });
    expect(verdict('public', company())).toEqual({ accepted: false });
    expect(verdict('public', noTrust, everybody)).toEqual({ accepted: true, adds: everybody });
    const one = { roots: [ca('public')], public: false };
    expect(verdict('public', noTrust, one)).toEqual({ accepted: true, adds: one });
  });
});

describe('the folder', () => {
  it('says what it was made to say, and keeps files of other names that say it already', () => {
    const at = join(folder, 'server-roots');
    const apply = (wanted: ServerTrust): number => {
      const changes = trustFiles(at, wanted);
      for (const { file, text } of changes) {
        if (text === undefined) rmSync(file);
        else place(file, text);
      }
      return changes.length;
    };
    expect(serverTrustIn(at)).toEqual(noTrust);
    mkdirSync(at);
    writeFileSync(join(at, 'by-hand.crt'), ca('company'));
    writeFileSync(join(at, 'broken.crt'), 'none');
    expect(serverTrustIn(at).roots).toEqual([ca('company')]);
    const both = joined(serverTrustIn(at), { roots: [ca('public'), ca('company')], public: true });
    expect(apply(both)).toBe(3);
    expect(apply(both)).toBe(0);
    expect(readdirSync(at)).toContain('by-hand.crt');
    expect(serverTrustIn(at).public).toBe(true);
    expect([...serverTrustIn(at).roots].sort()).toEqual([ca('company'), ca('public')].sort());
    apply(noTrust);
    expect(readdirSync(at)).toEqual([]);
  });
});

it('roots that end are named by doctor in good time', async () => {
  const found = async (inDays: number) =>
    serverTrustCheck({ roots: [ca('company')], public: true }, new Date(Date.now() + inDays * 86_400_000)).run();
  expect(await found(0)).toMatchObject([{ verdict: 'ok' }]);
  const [soon] = await found(300);
  expect(soon).toMatchObject({ code: 'server-root-ends-soon', verdict: 'warning' });
  expect(soon?.sentence).toContain('under "CN=company root" until 20');
  expect(await serverTrustCheck(noTrust).run()).toEqual([]);
});
