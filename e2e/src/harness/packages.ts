import {
  createRegistrationKey,
  type InstallerList,
  listDevices,
  listInstallers,
  type RegistrationKey,
} from '@muster/contracts';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Api, raw } from './api';
import type { CleanMachine } from './clean-machine';
import type { Ended } from './execute';
import { anchors, httpsPort, ITSM_DOMAIN, until } from './stack';

/** What these need of a machine with root and a package manager. */
export type PackagedMachine = Pick<CleanMachine, 'run' | 'at'>;

const AGENT = '/opt/muster-agent/bin/muster-agent';
export const STATE = '/var/lib/muster-agent';

export async function newPackageKey(admin: Api, deviceLimit?: number): Promise<RegistrationKey & { key: string }> {
  const limit = deviceLimit ? { deviceLimit } : {};
  const made = await admin.call(createRegistrationKey, { body: { name: 'packages', ...limit } });
  if (!made.key) throw new Error('the key is not told');
  return { ...made, key: made.key };
}

export const expectDone = (ended: Ended): void => expect(ended.code, `${ended.stdout}\n${ended.stderr}`).toBe(0);

/** Fetches a package onto the machine, as an administrator would. @returns where it is there, also after a reboot */
export async function download(machine: PackagedMachine, key: string, format: 'deb' | 'rpm'): Promise<string> {
  const { text } = await raw({ path: listInstallers.path.replace(':key', key) });
  const { installers } = JSON.parse(text) as InstallerList;
  const offer = installers.find((one) => one.platform === 'linux-x64' && one.format === format);
  if (!offer?.file) throw new Error(`no ${format}: ${offer?.notBuilt}`);
  const { file } = offer;
  writeFileSync(machine.at('/var/tmp/ca.crt'), anchors());
  const fetching = `curl -sSf --cacert /var/tmp/ca.crt --resolve ${ITSM_DOMAIN}:${httpsPort}:127.0.0.1 -o '/var/tmp/${file}'`;
  expectDone(await machine.run(`${fetching} 'https://${ITSM_DOMAIN}:${httpsPort}/bip/${key}/packages/${file}'`));
  return `/var/tmp/${file}`;
}

/** The same package as of a later release: version, folder and what the agent says of itself. @returns where it is there */
export async function remadeAs(machine: PackagedMachine, file: string, version: string): Promise<string> {
  const made = `/var/tmp/${version}.deb`;
  const remake = `set -e; cd /var/tmp; rm -rf new; dpkg-deb -R '${file}' new; old=$(cat new/opt/muster-agent/packaged-version)
    mv "new/opt/muster-agent/versions/$old" new/opt/muster-agent/versions/${version}
    echo ${version} >new/opt/muster-agent/packaged-version
    sed -i "s/AGENT_VERSION = \\"$old\\"/AGENT_VERSION = \\"${version}\\"/" new/opt/muster-agent/versions/${version}/main.mjs
    sed -i 's/^Version: .*/Version: ${version}/' new/DEBIAN/control; rm new/DEBIAN/md5sums
    dpkg-deb -Znone -b new ${made}`;
  expectDone(await machine.run(remake));
  return made;
}

export const identityOn = (machine: PackagedMachine): { deviceId: string; key: string } => ({
  deviceId: (JSON.parse(readFileSync(machine.at(`${STATE}/identity.json`), 'utf8')) as { deviceId: string }).deviceId,
  key: readFileSync(machine.at(`${STATE}/device.key`), 'utf8'),
});

export const untilGreen = (admin: Api, id: string): Promise<void> =>
  until('the device is green', async () => {
    const query = { size: 200, sort: 'enrolledAt', direction: 'descending' };
    return (await admin.call(listDevices, { query })).devices.find((one) => one.id === id)?.presence === 'online';
  });

export interface RunningAgent {
  running: boolean;
  pid?: number;
  version?: string;
  connected?: boolean;
  lastSync?: string;
}
export const agentOn = async (machine: PackagedMachine): Promise<RunningAgent> =>
  JSON.parse((await machine.run(`${AGENT} status --json`)).stdout) as RunningAgent;
