import { lstatSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRoot } from './layout';
import { agentUser, giveTo, serviceUser } from './users';

describe.runIf(isRoot())('giving a folder away', () => {
  it('gives all of it, links and not what they lead to', () => {
    const top = mkdtempSync(join(tmpdir(), 'muster-users-'));
    const [folder, outside] = [join(top, 'state'), join(top, 'outside')];
    mkdirSync(join(folder, 'output'), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(folder, 'output/device.key'), '', { mode: 0o600 });
    writeFileSync(join(outside, 'file'), '');
    symlinkSync(outside, join(folder, 'link'));
    const user = agentUser();
    giveTo(user, folder);
    for (const path of ['', 'output', 'output/device.key', 'link'])
      expect(lstatSync(join(folder, path)).uid).toBe(user?.uid);
    for (const path of ['', 'file']) expect(lstatSync(join(outside, path)).uid).toBe(0);
  });

  it('the agent is never who the services are: it runs what people send to the device', () => {
    expect(agentUser()?.uid).not.toBe(serviceUser()?.uid);
  });
});
