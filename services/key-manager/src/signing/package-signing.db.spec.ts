import 'reflect-metadata';
import { createRegistrationKey, listAnchors, revokeRegistrationKey, signPackage, signRelease } from '@muster/contracts';
import type { Bus } from '@muster/bus';
import { faultOfSigned } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, enter } from '../testing/browser';
import { FIRST_PASSWORD, OWNER_EMAIL, RunningKeyManager } from '../testing/running-key-manager';

const DIGEST = `${'ab'.repeat(32)}  muster-agent_1.2.3~rc.1_amd64.deb\n`;
let service: RunningKeyManager;
let owner: Browser;
let bip: Bus;
beforeAll(async () => {
  service = await RunningKeyManager.start();
  owner = await enter(service.origin, OWNER_EMAIL, FIRST_PASSWORD);
  bip = await service.busOf('bip');
});
afterAll(() => service?.stop());

const newKey = async (): Promise<{ id: string; key: string }> => {
  const { body } = await owner.call(createRegistrationKey, { body: { name: 'any' } });
  return { id: body.id, key: body.key ?? '' };
};
const sign = (key: string, digest = DIGEST, by = bip) =>
  by.request(signPackage, { key, address: '203.0.113.5', digest });

it('signs the digest of a package with the release key, for who holds a registration key', async () => {
  const signed = await sign((await newKey()).key);
  const { anchors } = await bip.request(listAnchors, {});
  expect(signed.payload).toBe(DIGEST);
  expect(faultOfSigned(signed, 'release', anchors)).toBeUndefined();
  expect(faultOfSigned({ ...signed, payload: DIGEST.replace('ab', 'ac') }, 'release', anchors)).toBe('bad-signature');
});

it('signs nothing for a key that is revoked or none, and for nobody but the installer service', async () => {
  const { id, key } = await newKey();
  const web = await service.busOf('web');
  await expect(sign(key, DIGEST, web)).rejects.toMatchObject({ code: 'internal' });
  await owner.call(revokeRegistrationKey, { params: { id } });
  await expect(sign(key)).rejects.toMatchObject({ code: 'key-revoked' });
  await expect(sign('guessed')).rejects.toMatchObject({ code: 'key-unknown' });
});

it('signs nothing that a device could take for a release, and no other file', async () => {
  const { key } = await newKey();
  const downloads = await service.busOf('downloads');
  const release = JSON.stringify({ purpose: 'release', product: 'muster-agent' });
  for (const text of [release, `${release}\n`, DIGEST.trim(), DIGEST + DIGEST, DIGEST.replace('muster-agent', 'other')])
    await expect(sign(key, text)).rejects.toMatchObject({ code: 'invalid-input' });
  await expect(
    downloads.request(signRelease, { credential: owner.cookie ?? '', payload: DIGEST }),
  ).rejects.toMatchObject({ code: 'invalid-input' });
});
