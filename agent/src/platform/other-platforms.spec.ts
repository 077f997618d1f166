import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { identityOf as identityOfMac } from './macos';
import { posixProcessStart } from './posix-processes';
import { usualPlaces } from './usual-places';
import { identityOf as identityOfWindows } from './windows';

describe('what ps tells of a process', () => {
  it('is the same each time, and another for another process', async () => {
    const own = posixProcessStart(process.pid);
    expect(own).toMatch(/^\w{3} \w{3} \d+ \d\d:\d\d:\d\d \d{4}$/);
    expect(posixProcessStart(process.pid)).toBe(own);
    expect(posixProcessStart(1)).not.toBe(own);
  });
  it('is nothing of a process that is gone', async () => {
    const child = spawn('true');
    await once(child, 'exit');
    expect(posixProcessStart(child.pid ?? 0)).toBeUndefined();
    expect(posixProcessStart(4_194_305)).toBeUndefined();
  });
});

describe('the identity of a device', () => {
  it('is in the registry of a Mac', () => {
    const told = `+-o J316sAP  <class IOPlatformExpertDevice, id 0x100000110>
    {
      "IOPlatformSerialNumber" = "C02XK0ABJGH5"
      "IOPlatformUUID" = "4C1E0A5B-7C1F-5D3E-9A55-0123456789AB"
      "model" = <"MacBookPro18,1">
    }`;
    expect(identityOfMac(told)).toEqual({
      systemUuid: '4c1e0a5b-7c1f-5d3e-9a55-0123456789ab',
      serialNumber: 'C02XK0ABJGH5',
    });
    expect(identityOfMac('')).toEqual({ systemUuid: undefined, serialNumber: undefined });
  });
  it('is what PowerShell answers, without what nobody filled in', () => {
    const answer =
      '{"serial":"To be filled by O.E.M.","guid":"0D7A7C3E-1111-4D2B-8B1A-AAAAAAAAAAAA","uuid":"4C4C4544-0051"}\r\n';
    expect(identityOfWindows(answer)).toEqual({
      systemUuid: '4c4c4544-0051',
      serialNumber: undefined,
      machineId: '0d7a7c3e-1111-4d2b-8b1a-aaaaaaaaaaaa',
    });
    for (const nothing of [null, '', 'not JSON', '{"uuid":7}'])
      expect(Object.values(identityOfWindows(nothing)).filter((value) => value !== undefined)).toEqual([]);
  });
});

it('knows the usual places of each system', () => {
  expect(usualPlaces('linux')).toEqual({ config: '/etc/muster-agent/agent.json', state: '/var/lib/muster-agent' });
  expect(usualPlaces('darwin').state).toBe('/Library/Application Support/Muster Agent/State');
  expect(usualPlaces('win32').config).toBe('C:\\ProgramData\\Muster Agent\\agent.json');
});
