import {
  createRegistrationKey,
  listDevices,
  listMergeQuestions,
  listRegistrationKeys,
  type Presence,
  readDevice,
  type RegistrationKey,
  retireDevice,
  revokeRegistrationKey,
} from '@muster/contracts';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { belowPrefix, type Machine, ownFolders } from './harness/machines';
import { describeWhere, type Needs } from './harness/real-machines';
import { asAdmin } from './harness/people';
import { localDevice, outputOf, start, untilEnded } from './harness/procedures';
import { until } from './harness/stack';

let admin: Api;
/** The device that this very machine is already: the stack's own agent. */
let known: string;
beforeAll(async () => {
  admin = await asAdmin();
  known = (await localDevice(admin)).id;
});

const newKey = (): Promise<RegistrationKey> => admin.call(createRegistrationKey, { body: { name: 'installer' } });
const keyNow = async (id: string): Promise<RegistrationKey | undefined> =>
  (await admin.call(listRegistrationKeys)).keys.find((key) => key.id === id);
const lineOf = (key: RegistrationKey, purpose: 'install' | 'uninstall'): string => {
  const found = key.installLines?.find((line) => line.platform === 'linux' && line.purpose === purpose);
  if (!found) throw new Error(`the key has no line to ${purpose}`);
  return found.line;
};
const presenceOf = async (id: string): Promise<Presence | undefined> => {
  const query = { size: 200, sort: 'enrolledAt', direction: 'descending' };
  return (await admin.call(listDevices, { query })).devices.find((device) => device.id === id)?.presence;
};

interface Identity {
  deviceId: string;
  key: string;
}
const identityOn = (machine: Machine): Identity => ({
  deviceId: (JSON.parse(readFileSync(machine.at('/var/lib/muster-agent/identity.json'), 'utf8')) as Identity).deviceId,
  key: readFileSync(machine.at('/var/lib/muster-agent/device.key'), 'utf8'),
});
const agentOn = (machine: Machine): number | undefined =>
  machine.agentProcesses().find(({ command }) => command.includes('launcher.mjs'))?.pid;
/** Everything with the agent's name, links to start it at boot included. */
const installedOn = (machine: Machine): string[] =>
  ['/opt', '/etc', '/etc/init.d', '/var/lib', ...[0, 1, 2, 3, 4, 5, 6].map((level) => `/etc/rc${level}.d`)].flatMap(
    (folder) =>
      existsSync(machine.at(folder))
        ? readdirSync(machine.at(folder))
            .filter((name) => name.includes('muster-agent'))
            .map((name) => `${folder}/${name}`)
        : [],
  );

describe.each<{ where: string; needs: Needs; make: () => Promise<Machine> }>([
  { where: 'below a prefix', needs: {}, make: async () => belowPrefix() },
  { where: 'as root, in the real places', needs: { root: true }, make: ownFolders },
])('the line that is shown for a key, $where', ({ where, needs, make }) => {
  describeWhere(needs, `on a machine without systemd, ${where}`, () => {
    let machine: Machine;
    let key: RegistrationKey;
    let device: Identity;
    beforeAll(async () => {
      machine = await make();
      key = await newKey();
    });
    afterAll(async () => {
      await machine.paste(lineOf(key, 'uninstall'));
      await machine.close();
      if (device) await admin.call(retireDevice, { params: { id: device.deviceId } });
    });

    it('installs the agent, which enrols through the edge and turns green', async () => {
      const pasted = await machine.paste(lineOf(key, 'install'));
      expect(pasted).toMatchObject({ code: 0, stderr: '' });
      expect(pasted.stdout).toContain('The agent is installed and runs.');
      device = identityOn(machine);
      await until('it is green', async () => (await presenceOf(device.deviceId)) === 'online');
      expect((await keyNow(key.id))?.devicesEnrolled).toBe(1);
    });

    it('makes a device that asks whether it is the one that this machine is already', async () => {
      const { questions } = await admin.call(listMergeQuestions, { query: { size: 200 } });
      const question = questions.find(({ newcomer }) => newcomer.id === device.deviceId);
      expect(question?.known.id).toBe(known);
      expect((await admin.call(readDevice, { params: { id: device.deviceId } })).mergeQuestionIds).toEqual([
        question?.id,
      ]);
    });

    it('makes a device that runs a procedure', async () => {
      const { id } = await start(admin, device.deviceId, 'echo "procedure of $(id -u)"');
      expect((await untilEnded(admin, id)).state).toBe('COMPLETED');
      expect(await outputOf(admin, id)).toBe(`procedure of ${process.getuid?.()}\n`);
    });

    it('has the agent started again when it is killed', async () => {
      const agent = agentOn(machine);
      if (!agent) throw new Error('no agent runs');
      await machine.kill(agent);
      await until('another one runs', async () => ![undefined, agent].includes(agentOn(machine)));
      const { id } = await start(admin, device.deviceId, 'true');
      expect((await untilEnded(admin, id)).state).toBe('COMPLETED');
    });

    it('pasted again upgrades the agent and keeps the device', async () => {
      const old = machine.at('/opt/muster-agent/versions/0.0.0-old');
      mkdirSync(old);
      writeFileSync(machine.at('/opt/muster-agent/current'), '0.0.0-old\n');
      const before = machine.agentProcesses().map(({ pid }) => pid);
      expect(before).not.toEqual([]);
      expect(await machine.paste(lineOf(key, 'install'))).toMatchObject({ code: 0, stderr: '' });
      expect(existsSync(old)).toBe(false);
      expect(machine.agentProcesses().filter(({ pid }) => before.includes(pid))).toEqual([]);
      expect(identityOn(machine)).toEqual(device);
      expect((await keyNow(key.id))?.devicesEnrolled).toBe(1);
      const { id } = await start(admin, device.deviceId, 'true');
      expect((await untilEnded(admin, id)).state).toBe('COMPLETED');
    });

    it('has a counterpart that removes processes and files, also when the key is revoked', async () => {
      await admin.call(revokeRegistrationKey, { params: { id: key.id } });
      const pasted = await machine.paste(lineOf(key, 'uninstall'));
      expect(pasted).toMatchObject({ code: 0, stderr: '' });
      expect(pasted.stdout).toContain('The agent is removed.');
      expect(machine.agentProcesses()).toEqual([]);
      expect(installedOn(machine)).toEqual(['/var/lib/muster-agent']);
      expect(identityOn(machine)).toEqual(device);
      await until('it is not green', async () => (await presenceOf(device.deviceId)) !== 'online');
    });
  });
});

describe('nothing is run or installed', () => {
  const untouched = (machine: Machine): void => {
    expect(installedOn(machine)).toEqual([]);
    expect(machine.agentProcesses()).toEqual([]);
  };

  it('when the line carries another digest than that of the server', async () => {
    const [machine, key] = [belowPrefix(), await newKey()];
    const line = lineOf(key, 'install');
    const tampered = line.replace(/[0-9a-f]{64}/, (digest) => digest.replace(/^./, (c) => (c === '0' ? '1' : '0')));
    expect(tampered).not.toBe(line);
    const pasted = await machine.paste(tampered);
    expect(pasted).toMatchObject({ code: 1, stdout: '' });
    expect(pasted.stderr).toContain('another CA certificate than this line names. Nothing was run.');
    untouched(machine);
    await machine.close();
  });

  it('when the key was revoked, and the line says so', async () => {
    const [machine, key] = [belowPrefix(), await newKey()];
    await admin.call(revokeRegistrationKey, { params: { id: key.id } });
    const pasted = await machine.paste(lineOf(key, 'install'));
    expect(pasted).toMatchObject({ code: 1, stdout: '' });
    expect(pasted.stderr).toMatch(/^muster: The server refused the script\. .*revoked.* Nothing was run\.\n$/);
    untouched(machine);
    await machine.close();
  });
});
