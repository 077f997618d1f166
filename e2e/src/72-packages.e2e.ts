import { changeUninstallPolicy, listRegistrationKeys, readUninstallToken, retireDevice } from '@muster/contracts';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { type CleanMachine, cleanMachine } from './harness/clean-machine';
import type { Ended } from './harness/execute';
import {
  agentOn,
  download,
  expectDone,
  identityOn,
  newPackageKey,
  remadeAs,
  STATE,
  untilGreen,
} from './harness/packages';
import { asAdmin } from './harness/people';
import { outputOf, start, untilEnded } from './harness/procedures';
import { describeWhere, mustUnshare, whyNot } from './harness/real-machines';
import { until } from './harness/stack';

let admin: Api;
const enrolled: string[] = [];
beforeAll(async () => {
  admin = await asAdmin();
});
afterAll(async () => {
  for (const id of enrolled) await admin.call(retireDevice, { params: { id } });
});

const newKey = (deviceLimit?: number) => newPackageKey(admin, deviceLimit);
const runningVersion = async (machine: CleanMachine): Promise<string | undefined> => (await agentOn(machine)).version;
const processes = async (machine: CleanMachine): Promise<string> =>
  (await machine.run('pgrep -af "[m]uster-agent"')).stdout;
/** The key opens enrolment: no file that a package or the agent wrote may still hold it. */
const filesHolding = async (machine: CleanMachine, secret: string): Promise<string[]> =>
  (await machine.run(`grep -rlF '${secret}' /etc /opt /var/lib /usr/share/doc`)).stdout.split('\n').filter(Boolean);

describe('the proof on clean machines', () => {
  const root = { platform: 'linux', arch: 'x64', user: 0 } as const;
  it.each([
    [root, undefined],
    [{ ...root, user: 1000 }, 'it needs root'],
    [{ ...root, arch: 'arm64' }, 'it needs an x64 processor, and this one is arm64'],
    [{ ...root, platform: 'darwin' }, 'it needs Linux, and this is darwin'],
  ] as const)('is left out only where it cannot work: %j', (here, why) => {
    expect(whyNot({ root: true, x64: true }, here)).toBe(why);
  });

  it('fails with a sentence where it must work and is refused', () => {
    expect(() => mustUnshare('A clean machine', ['-m'], 'echo not permitted >&2; exit 1')).toThrow(
      /^A clean machine cannot be made here: "unshare -m" was refused \(\S.*\)\. Run the tests as a root who may/,
    );
  });
});

describeWhere({ root: true, x64: true }, 'on a clean Debian without Node.js and systemd', () => {
  describe('the .deb', () => {
    let machine: CleanMachine;
    let key: Awaited<ReturnType<typeof newKey>>;
    let device: ReturnType<typeof identityOn>;
    let file: string;
    let newer: string;
    beforeAll(async () => {
      machine = await cleanMachine();
      key = await newKey();
      file = await download(machine, key.key, 'deb');
    });
    afterAll(() => machine?.close());

    it('installs, enrols and turns green, started by the init script', async () => {
      expectDone(await machine.run(`dpkg -i '${file}'`));
      device = identityOn(machine);
      enrolled.push(device.deviceId);
      await untilGreen(admin, device.deviceId);
      expect(await processes(machine)).toContain('/opt/muster-agent/bin/supervise');
      expect(existsSync(machine.at('/etc/rc2.d/S01muster-agent'))).toBe(true);
      expect((await machine.run('muster-agent status')).code).toBe(0);
    });

    it('leaves the registration key nowhere', async () => {
      expect(await filesHolding(machine, key.key)).toEqual([]);
      expect(statSync(machine.at(STATE)).mode & 0o777).toBe(0o700);
      expect((await machine.run('dpkg -V muster-agent')).stdout).not.toContain('/opt/');
    });

    it('runs procedures with a Node.js of its own', async () => {
      const { id } = await start(
        admin,
        device.deviceId,
        'readlink /proc/*/exe 2>/dev/null | grep -c muster-agent/node',
      );
      expect((await untilEnded(admin, id)).state).toBe('COMPLETED');
      expect(await outputOf(admin, id)).toBe('1\n');
    });

    it('is upgraded by a newer one, which keeps the device; and does not go back by itself', async () => {
      newer = await remadeAs(machine, file, '99.0.0');
      expectDone(await machine.run(`dpkg -i '${newer}'`));
      await until('the new version runs', async () => (await runningVersion(machine)) === '99.0.0');
      expect(identityOn(machine)).toEqual(device);
      await untilGreen(admin, device.deviceId);
      expect(await filesHolding(machine, key.key)).toEqual([]);
      expect(existsSync(machine.at('/opt/muster-agent/versions/99.0.0/main.mjs'))).toBe(true);
      const { keys } = await admin.call(listRegistrationKeys);
      expect(keys.find(({ id }) => id === key.id)?.devicesEnrolled).toBe(1);
    });

    it('stays where the policy wants a token, and goes with the token of this device', async () => {
      await admin.call(changeUninstallPolicy, { body: { tokenNeeded: true } });
      try {
        const refused = await machine.run('dpkg -r muster-agent');
        expect(refused.code).not.toBe(0);
        expect(refused.stderr).toContain('needs its uninstall token');
        await until('the agent runs', async () => (await runningVersion(machine)) === '99.0.0');
        expect((await machine.run('MUSTER_UNINSTALL_TOKEN=0000 dpkg -r muster-agent')).code).not.toBe(0);
        const { token = '' } = await admin.call(readUninstallToken, { params: { id: device.deviceId } });
        expectDone(await machine.run(`MUSTER_UNINSTALL_TOKEN='${token}' dpkg -r muster-agent`));
        expect(existsSync(machine.at('/opt/muster-agent'))).toBe(false);
      } finally {
        await admin.call(changeUninstallPolicy, { body: { tokenNeeded: false } });
      }
      expectDone(await machine.run(`dpkg -i '${newer}'`));
      expect(identityOn(machine)).toEqual(device);
    });

    it('is removed without a trace but its state and settings, and installed again is the same device', async () => {
      expectDone(await machine.run('dpkg -r muster-agent'));
      expect(await processes(machine)).toBe('');
      expect(existsSync(machine.at('/opt/muster-agent'))).toBe(false);
      expect(identityOn(machine)).toEqual(device);
      expectDone(await machine.run(`dpkg -i '${file}'`));
      await untilGreen(admin, device.deviceId);
      expect(identityOn(machine)).toEqual(device);
    });

    it('is purged with its identity', async () => {
      expectDone(await machine.run('dpkg -P muster-agent'));
      const left = await machine.run(
        "find / -xdev -name '*muster-agent*' -not -path '/var/tmp/*' -not -path '/proc/*'",
      );
      expect(left.stdout).toBe('');
    });

    it('fails in words where the server refuses the key, and starts nothing', async () => {
      const spent = await newKey(1);
      const refused = await download(machine, spent.key, 'deb');
      expectDone(await machine.run(`dpkg -i '${refused}'`));
      enrolled.push(identityOn(machine).deviceId);
      expectDone(await machine.run('dpkg -P muster-agent'));
      const ended = await machine.run(`dpkg -i '${refused}'`);
      expect(ended.code).not.toBe(0);
      expect(ended.stderr).toContain('the server refused this device');
      expect(await processes(machine)).toBe('');
      expectDone(await machine.run('dpkg -P muster-agent'));
    });

    it('neither enrols nor starts in an image that is being built', async () => {
      const policy = machine.at('/usr/sbin/policy-rc.d');
      writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
      file = await download(machine, key.key, 'deb');
      expectDone(await machine.run(`dpkg -i '${file}'`));
      expect(existsSync(machine.at(`${STATE}/identity.json`))).toBe(false);
      expect(await processes(machine)).toBe('');
      expect(statSync(machine.at(`${STATE}/registration.key`))).toMatchObject({ uid: 0, gid: 0 });
      expect(statSync(machine.at(`${STATE}/registration.key`)).mode & 0o777).toBe(0o600);
      expectDone(await machine.run('/etc/init.d/muster-agent start'));
      await until('it enrols when it starts', async () => existsSync(machine.at(`${STATE}/identity.json`)));
      const { deviceId } = identityOn(machine);
      enrolled.push(deviceId);
      await untilGreen(admin, deviceId);
      expect(await filesHolding(machine, key.key)).toEqual([]);
    });
  });

  describe('the .rpm', () => {
    it('installs, enrols, turns green, verifies, is upgraded and erased, by scripts of its own', async () => {
      const machine = await cleanMachine();
      try {
        const key = await newKey();
        const file = await download(machine, key.key, 'rpm');
        // The system is Debian, so that its libraries are no packages of rpm.
        const rpm = (...given: string[]): Promise<Ended> =>
          machine.outside('rpm', '--root', 'ROOT', '--nodeps', ...given);
        expectDone(await rpm('-ivh', `ROOT${file}`));
        const device = identityOn(machine);
        enrolled.push(device.deviceId);
        await untilGreen(admin, device.deviceId);
        expect(await filesHolding(machine, key.key)).toEqual([]);
        const verified = await machine.outside('rpm', '--root', 'ROOT', '--nodeps', '-V', 'muster-agent');
        expect(verified.stdout).toBe('');
        expectDone(await rpm('-Uvh', '--force', `ROOT${file}`));
        expect(identityOn(machine)).toEqual(device);
        await untilGreen(admin, device.deviceId);
        expectDone(await rpm('-e', 'muster-agent'));
        expect(await processes(machine)).toBe('');
        expect(existsSync(machine.at('/opt/muster-agent'))).toBe(false);
        expect(identityOn(machine)).toEqual(device);
      } finally {
        await machine.close();
      }
    });
  });

  describe('the line with the shell installer', () => {
    it('installs with its own Node.js, enrols, turns green; gives way to the package, which keeps the device', async () => {
      const machine = await cleanMachine();
      try {
        const key = await newKey();
        const line = (purpose: 'install' | 'uninstall'): string =>
          key.installLines?.find((one) => one.platform === 'linux' && one.purpose === purpose)?.line ?? '';
        expectDone(await machine.run(line('install')));
        const device = identityOn(machine);
        enrolled.push(device.deviceId);
        await untilGreen(admin, device.deviceId);
        expect(await filesHolding(machine, key.key)).toEqual([]);

        const file = await download(machine, key.key, 'deb');
        expectDone(await machine.run(`dpkg -i '${file}'`));
        expect(identityOn(machine)).toEqual(device);
        await untilGreen(admin, device.deviceId);
        for (const purpose of ['install', 'uninstall'] as const) {
          const refused = await machine.run(line(purpose));
          expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('has the agent as a package') });
        }
        expectDone(await machine.run('dpkg -r muster-agent'));
        expectDone(await machine.run(line('install')));
        expect(identityOn(machine)).toEqual(device);
        expectDone(await machine.run(line('uninstall')));
        expect(await processes(machine)).toBe('');
      } finally {
        await machine.close();
      }
    });
  });
});
