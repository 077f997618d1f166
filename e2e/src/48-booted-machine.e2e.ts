import { existsSync } from 'node:fs';
import { changeUninstallPolicy, readUninstallToken, retireDevice, setChannel } from '@muster/contracts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Api } from './harness/api';
import { type BootedMachine, bootedMachine } from './harness/booted-machine';
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
import { describeWhere } from './harness/real-machines';
import { Publisher } from './harness/releases';
import { until } from './harness/stack';

const [NEWER, RELEASE] = ['99.0.0', '99.1.0'];
// The first run on a machine makes its Debian.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 600_000 });

describeWhere({ root: true, x64: true }, 'the .deb on a Debian that systemd has booted', () => {
  let admin: Api;
  let machine: BootedMachine;
  let device: ReturnType<typeof identityOn>;
  let file: string;
  let newer: string;
  beforeAll(async () => {
    admin = await asAdmin();
    machine = await bootedMachine();
    file = await download(machine, (await newPackageKey(admin)).key, 'deb');
    newer = await remadeAs(machine, file, NEWER);
  });
  afterAll(async () => {
    await machine?.close();
    if (device) await admin.call(retireDevice, { params: { id: device.deviceId } });
  });

  const property = async (name: string): Promise<string> =>
    (await machine.run(`systemctl show -P ${name} muster-agent.service`)).stdout.trim();
  /** The agent of another process than before says that it is connected, and so does the server; it does what it is asked. */
  const isGreen = async (before?: number): Promise<number> => {
    await until('the agent is connected', async () => {
      const { running, pid, connected, lastSync } = await agentOn(machine);
      return running && pid !== before && connected === true && lastSync !== undefined;
    });
    await untilGreen(admin, device.deviceId);
    const { id } = await start(admin, device.deviceId, 'cat /proc/1/comm; systemctl is-active muster-agent');
    expect((await untilEnded(admin, id)).state).toBe('COMPLETED');
    expect(await outputOf(admin, id)).toBe('systemd\nactive\n');
    const pid = (await agentOn(machine)).pid ?? 0;
    expect(await property('MainPID')).toBe(String(pid));
    return pid;
  };
  let pid: number;

  it('installs, enrols and turns green, as a service of systemd that starts at boot', async () => {
    expectDone(await machine.run(`dpkg -i '${file}'`));
    device = identityOn(machine);
    pid = await isGreen();
    expect((await machine.run('systemctl is-enabled muster-agent')).stdout).toBe('enabled\n');
    expect(await property('UnitFileState')).toBe('enabled');
    expect((await machine.run('systemd-analyze verify muster-agent.service')).stderr).not.toContain('muster-agent');
    expect([await property('OOMPolicy'), await property('LimitCORESoft')]).toEqual(['continue', '0']);
    // Started by systemd itself, and not by the script for machines without it.
    expect((await machine.run('pgrep -f muster-agent/bin/[s]upervise')).stdout).toBe('');
  });

  it('is started again when it is killed', async () => {
    expectDone(await machine.run(`kill -KILL ${pid}`));
    pid = await isGreen(pid);
    expect(Number(await property('NRestarts'))).toBe(1);
  });

  it('comes back by itself when the machine boots', async () => {
    await machine.reboot();
    pid = await isGreen(pid);
    expect(identityOn(machine)).toEqual(device);
    expect(await property('NRestarts')).toBe('0');
  });

  it('is upgraded by a newer package, which keeps the device', async () => {
    expectDone(await machine.run(`dpkg -i '${newer}'`));
    pid = await isGreen(pid);
    expect((await agentOn(machine)).version).toBe(NEWER);
    expect(identityOn(machine)).toEqual(device);
  });

  it('updates itself when a release is rolled out to it, started anew by systemd', async () => {
    const publisher = await Publisher.create(admin);
    try {
      const to = (channel: 'beta' | 'stable') =>
        admin.call(setChannel, { body: { channel, deviceIds: [device.deviceId] } });
      await to('beta');
      const all = ['--channel', 'beta', '--percentage', '100'];
      await publisher.publish('--folder', publisher.build(RELEASE), ...all);
      pid = await isGreen(pid);
      expect((await agentOn(machine)).version).toBe(RELEASE);
      await until('the server knows', async () => (await publisher.releaseOf(RELEASE)).installed === 1);
      expect((await machine.run('cat /opt/muster-agent/current')).stdout).toBe(`${RELEASE}\n`);
      await to('stable');
    } finally {
      await publisher.close();
    }
  });

  it('keeps what it updated itself to when an older package is installed over it', async () => {
    expectDone(await machine.run(`dpkg -i '${newer}'`));
    pid = await isGreen(pid);
    expect((await agentOn(machine)).version).toBe(RELEASE);
  });

  it('stays where the policy wants a token, and goes with the token of this device', async () => {
    await admin.call(changeUninstallPolicy, { body: { tokenNeeded: true } });
    try {
      const refused = await machine.run('dpkg -r muster-agent');
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('needs its uninstall token');
      expect(await isGreen()).toBe(pid);
      const { token = '' } = await admin.call(readUninstallToken, { params: { id: device.deviceId } });
      expectDone(await machine.run(`MUSTER_UNINSTALL_TOKEN='${token}' dpkg -r muster-agent`));
    } finally {
      await admin.call(changeUninstallPolicy, { body: { tokenNeeded: false } });
    }
    expect(existsSync(machine.at('/opt/muster-agent'))).toBe(false);
    expect(existsSync(machine.at(STATE))).toBe(true);
    // What is left is what systemd makes of the init script, a setting of the package; it starts nothing, also at boot.
    expect([await property('ActiveState'), await property('FragmentPath')]).toEqual([
      ...['inactive', '/run/systemd/generator.late/muster-agent.service'],
    ]);
    await machine.reboot();
    expect((await machine.run('pgrep -af "[m]uster-agent"')).stdout).toBe('');
    expect((await machine.run('systemctl --failed --no-legend --plain')).stdout).toBe('');
    expect((await machine.run('find /etc/systemd /etc/rc?.d /run/systemd/system -name "*muster*"')).stdout).toBe('');
  });

  it('installed again is the same device, also after another boot', async () => {
    expectDone(await machine.run(`dpkg -i '${newer}'`));
    pid = await isGreen();
    expect(identityOn(machine)).toEqual(device);
    await machine.reboot();
    await isGreen(pid);
    expect(identityOn(machine)).toEqual(device);
    expectDone(await machine.run('dpkg -P muster-agent'));
    const left = await machine.run("find / -xdev -name '*muster-agent*' -not -path '/var/tmp/*' -not -path '/proc/*'");
    expect(left.stdout).toBe('');
  });
});
