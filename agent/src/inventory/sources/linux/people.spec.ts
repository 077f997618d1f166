import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readUtmp } from '../../formats/utmp';
import { wtmpRecord } from '../../testing/firmware-tables';
import { RecordedMachine, type Recording } from '../../testing/recorded-machine';
import { signIns } from './sign-ins';

const machines: RecordedMachine[] = [];
const machine = (recording: Recording): RecordedMachine => {
  machines.push(new RecordedMachine(recording));
  return machines.at(-1) as RecordedMachine;
};
afterEach(() => machines.splice(0).forEach((one) => one.remove()));

describe('sign-ins', () => {
  const day = 1_700_000_000;
  const story = [
    [2, { line: '~', user: 'reboot', host: '6.1.0-25-amd64', at: day }],
    [7, { line: 'tty1', user: 'ada', at: day + 60 }],
    [7, { line: 'pts/0', user: 'grace', host: '192.0.2.7', at: day + 120 }],
    [8, { line: 'pts/0', at: day + 600 }],
    [7, { line: 'pts/0', user: 'linus', host: 'host.example', at: day + 700 }],
    [1, { line: '~', user: 'shutdown', host: '6.1.0-25-amd64', at: day + 900 }],
    [2, { line: '~', user: 'reboot', host: '6.1.0-25-amd64', at: day + 1000 }],
    [7, { line: ':0', user: 'ada', host: ':0', at: day + 1100 }],
  ] as const;
  const iso = (seconds: number): string => new Date((day + seconds) * 1000).toISOString();
  const expected = [
    { user: 'ada', terminal: 'tty1', startedAt: iso(60), endedAt: iso(900) },
    { user: 'grace', terminal: 'pts/0', from: '192.0.2.7', startedAt: iso(120), endedAt: iso(600) },
    { user: 'linus', terminal: 'pts/0', from: 'host.example', startedAt: iso(700), endedAt: iso(900) },
    { user: 'ada', terminal: ':0', startedAt: iso(1100) },
  ];

  it.each([
    ['x64', false],
    ['arm64', true],
  ] as const)('are read from wtmp as %s writes it', async (architecture, wide) => {
    const wtmp = Buffer.concat(story.map(([type, fields]) => wtmpRecord(type, fields, wide)));
    const items = await machine({ architecture, files: { '/var/log/wtmp': wtmp } }).items('sign-ins');
    expect(items).toHaveLength(4);
    expect(items).toEqual(expect.arrayContaining(expected));
  });

  it.runIf(existsSync('/usr/bin/last') && process.arch === 'x64')('are those that last(1) finds', () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-wtmp-'));
    const wtmp = Buffer.concat(story.map(([type, fields]) => wtmpRecord(type, fields)));
    writeFileSync(join(folder, 'wtmp'), wtmp);
    const given = ['--file', join(folder, 'wtmp'), '--time-format', 'iso', '--fullnames'];
    const text = execFileSync('/usr/bin/last', given, { encoding: 'utf8', env: { TZ: 'UTC', LC_ALL: 'C' } });
    rmSync(folder, { recursive: true });
    // `ada tty1 2023-11-14T22:14:20+00:00 - down (00:14)`: how long in hours and minutes; nothing while it is open.
    const lines = text.matchAll(
      /^(?!reboot|shutdown|wtmp)(\S+)\s+(\S+)\s.*?(\d{4}-\d\d-\d\dT[\d:]{8}).*?(?:\((\d\d:\d\d)\))?$/gm,
    );
    const told = [...lines].map(([, user, terminal, start, length]) => [user, terminal, start, length]);
    const ours = signIns(readUtmp(wtmp, 'x64')).map(({ user, terminal, startedAt = '', endedAt }) => {
      const length = endedAt && new Date(Date.parse(endedAt) - Date.parse(startedAt)).toISOString().slice(11, 16);
      return [user, terminal, startedAt.slice(0, 19), length];
    });
    expect(told).toHaveLength(4);
    expect(told.reverse()).toEqual(ours);
  });

  it('are those that are open and the newest fifty', async () => {
    const many = Array.from({ length: 200 }, (_, index) => [
      wtmpRecord(7, { line: 'pts/1', user: 'robot', host: 'ci', at: day + 10 + index * 10 }),
      wtmpRecord(8, { line: 'pts/1', at: day + 15 + index * 10 }),
    ]);
    const first = wtmpRecord(7, { line: 'tty1', user: 'ada', at: day });
    // A record that was cut in two.
    const wtmp = Buffer.concat([Buffer.alloc(100, 7), first, ...many.flat()]);
    const items = await machine({ files: { '/var/log/wtmp': wtmp } }).items('sign-ins');
    expect(items).toHaveLength(51);
    expect(items).toContainEqual({ user: 'ada', terminal: 'tty1', startedAt: iso(0) });
  });

  it('are sessions of this moment where wtmp is not written any more', async () => {
    const recorded = machine({
      files: { '/run/systemd/sessions/3': '', '/run/systemd/sessions/c1': '', '/run/systemd/sessions/3.ref': '' },
      commands: {
        'loginctl show-session': `Id=3
Name=ada
Timestamp=Sat 2026-11-21 08:15:30 UTC
TTY=pts/0
RemoteHost=192.0.2.7
Class=user
State=active

Id=c1
Name=gdm
Timestamp=Sat 2026-11-21 08:00:00 UTC
TTY=tty1
RemoteHost=
Class=greeter
State=online
`,
      },
    });
    expect(await recorded.items('sign-ins')).toEqual([
      { user: 'ada', terminal: 'pts/0', from: '192.0.2.7', startedAt: '2026-11-21T08:15:30.000Z' },
    ]);
    expect(await recorded.unreadable('sign-ins')).toEqual({
      'past sign-ins': 'this system does not write /var/log/wtmp',
    });
  });
});

describe('users', () => {
  const commands = {
    'getent passwd':
      'root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000:Ada L,,,:/home/ada:/bin/zsh\ngrace:x:1001:1001::/home/grace:\nold:x:1002:1002::/home/old:/bin/sh\ntorn\n',
    'getent group': 'root:x:0:\nwheel:x:10:grace\nada:x:1000:\ndocker:x:998:ada,grace\n',
  };

  it('have their groups; administrators and disabled ones are known', async () => {
    const shadow =
      'root:$y$j9T$x:19000::::::\nada:$y$j9T$x:19000:0:99999:7:::\ngrace:!$y$j9T$x:19000::::::\nold:*:19000:::::100:\n';
    const recorded = machine({ commands, files: { '/etc/shadow': shadow } });
    const users = await recorded.items('users');
    expect(users.map(({ name, administrator, disabled, groups }) => [name, administrator, disabled, groups])).toEqual([
      ['root', true, false, ['root']],
      ['ada', false, false, ['ada', 'docker']],
      ['grace', true, true, ['docker', 'wheel']],
      ['old', false, true, undefined],
    ]);
    expect(users[1]).toMatchObject({ fullName: 'Ada L', id: '1000', home: '/home/ada', shell: '/bin/zsh' });
  });

  it('are read without getent too', async () => {
    const files = { '/etc/passwd': commands['getent passwd'], '/etc/group': commands['getent group'] };
    const users = await machine({ files }).items('users');
    expect(users.map(({ name, administrator, disabled }) => [name, administrator, disabled])).toEqual([
      ['root', true, undefined],
      ['ada', false, undefined],
      ['grace', true, undefined],
      ['old', false, undefined],
    ]);
  });
});
