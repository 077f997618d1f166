import { afterEach, describe, expect, it } from 'vitest';
import { RecordedMachine, type Recording } from '../../testing/recorded-machine';

const machines: RecordedMachine[] = [];
const machine = (recording: Recording): RecordedMachine => {
  machines.push(new RecordedMachine(recording));
  return machines.at(-1) as RecordedMachine;
};
afterEach(() => machines.splice(0).forEach((one) => one.remove()));
const brief = async (recorded: RecordedMachine): Promise<unknown[][]> =>
  (await recorded.items('software')).map(({ source, name, version, architecture, publisher, scope }) =>
    [source, name, version, architecture, publisher, scope].map((field) => field ?? '-'),
  );

describe('dpkg', () => {
  it('has what is there, whatever state it is in, and not what was removed', async () => {
    const status = `Package: bash
Status: install ok installed
Maintainer: Matthias Klose <doko@debian.org>
Installed-Size: 7172
Architecture: amd64
Version: 5.2.15-2+b7
Description: GNU Bourne Again SHell
 Bash is an sh-compatible command language interpreter
 Version: not a field

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: half
Status: install reinstreq half-configured
Architecture: amd64
Version: 1:2.3~rc1-1

Package: never
Status: purge ok not-installed
Architecture: amd64

Package: libc6
Status: install ok installed
Architecture: i386
Version: 2.36-9

Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9`;
    const recorded = machine({
      files: {
        '/var/lib/dpkg/status': status,
        '/var/lib/dpkg/status.d/tzdata': 'Package: tzdata\nVersion: 2024a\nArchitecture: all\n',
        '/var/lib/dpkg/status.d/tzdata.md5sums': 'Package: no\nVersion: 1\n',
      },
    });
    expect(await brief(recorded)).toEqual([
      ['dpkg', 'bash', '5.2.15-2+b7', 'amd64', 'Matthias Klose <doko@debian.org>', '-'],
      ['dpkg', 'half', '1:2.3~rc1-1', 'amd64', '-', '-'],
      ['dpkg', 'libc6', '2.36-9', 'i386', '-', '-'],
      ['dpkg', 'libc6', '2.36-9', 'amd64', '-', '-'],
      ['dpkg', 'tzdata', '2024a', 'all', '-', '-'],
    ]);
  });
});

describe('rpm', () => {
  const output = [
    'bash\t0\t5.1.8\t9.el9\tx86_64\tRed Hat, Inc.\t7738634\t1700000000',
    'openssl-libs\t1\t3.0.7\t27.el9\tx86_64\tRed Hat, Inc.\t2200000\t1700000001',
    'kernel\t0\t5.14.0\t427.el9\tx86_64\tRed Hat, Inc.\t0\t1700000002',
    'kernel\t0\t5.14.0\t503.el9\tx86_64\tRed Hat, Inc.\t0\t1700000003',
    'gpg-pubkey\t0\tfd431d51\t4ae0493b\t(none)\t(none)\t0\t1700000004',
    'local\t(none)\t1.0\t1\tnoarch\t(none)\t12\t1700000005',
    '',
  ].join('\n');

  it('writes versions as rpm compares them, and keeps kernels apart', async () => {
    const recorded = machine({ files: { '/var/lib/rpm/rpmdb.sqlite': '' }, commands: { 'rpm -qa': output } });
    expect(await brief(recorded)).toEqual([
      ['rpm', 'bash', '5.1.8-9.el9', 'x86_64', 'Red Hat, Inc.', '-'],
      ['rpm', 'openssl-libs', '1:3.0.7-27.el9', 'x86_64', 'Red Hat, Inc.', '-'],
      ['rpm', 'kernel', '5.14.0-427.el9', 'x86_64', 'Red Hat, Inc.', '5.14.0-427.el9'],
      ['rpm', 'kernel', '5.14.0-503.el9', 'x86_64', 'Red Hat, Inc.', '5.14.0-503.el9'],
      ['rpm', 'local', '1.0-1', 'noarch', '-', '-'],
    ]);
    const [bash] = await recorded.items('software');
    expect(bash).toMatchObject({ sizeBytes: 7_738_634, installedAt: '2023-11-14T22:13:20.000Z' });
    expect(recorded.ran[0]).toContain(String.raw`%{NAME}\t%{EPOCHNUM}\t%{VERSION}\t%{RELEASE}`);
    expect(recorded.ran[0]).toMatch(/\\n$/);
  });

  it('is not asked where rpm is a tool without a database', async () => {
    const recorded = machine({ commands: { 'rpm -qa': output } });
    expect(await brief(recorded)).toEqual([]);
    expect(recorded.ran).toEqual([]);
  });
});

it('apk: paragraphs of letters', async () => {
  const installed =
    'C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\nS:400000\nI:634880\nT:the musl c library\nm:Timo <t@alpinelinux.org>\n\nP:busybox\nV:1.36.1-r29\nA:x86_64\n';
  expect(await brief(machine({ files: { '/lib/apk/db/installed': installed } }))).toEqual([
    ['apk', 'musl', '1.2.5-r0', 'x86_64', 'Timo <t@alpinelinux.org>', '-'],
    ['apk', 'busybox', '1.36.1-r29', 'x86_64', '-', '-'],
  ]);
});

it('pacman: a folder for each package', async () => {
  const desc =
    '%NAME%\nbash\n\n%VERSION%\n5.2.026-2\n\n%ARCH%\nx86_64\n\n%PACKAGER%\nTobias <t@archlinux.org>\n\n%SIZE%\n9440000\n\n%INSTALLDATE%\n1700000000\n';
  const files = { '/var/lib/pacman/local/bash-5.2.026-2/desc': desc, '/var/lib/pacman/local/ALPM_DB_VERSION': '9\n' };
  const recorded = machine({ files });
  expect(await brief(recorded)).toEqual([['pacman', 'bash', '5.2.026-2', 'x86_64', 'Tobias <t@archlinux.org>', '-']]);
  expect(await recorded.items('software')).toMatchObject([
    { sizeBytes: 9_440_000, installedAt: '2023-11-14T22:13:20.000Z' },
  ]);
});

describe('snap', () => {
  // snap list --color=never --unicode=never, snapd 2.63.
  const list = `Name                       Version                     Rev    Tracking         Publisher            Notes
bare                       1.0                         5      latest/stable    canonical**          base
core22                     20240731                    1586   latest/stable    canonical**          base
firefox                    130.0-2                     4848   latest/stable/-  mozilla**            -
local-thing                0.1                         x1     -                -                    devmode
`;

  it('has name, version and publisher', async () => {
    const recorded = machine({ files: { '/run/snapd.socket': '' }, commands: { 'snap list': list } });
    expect(await brief(recorded)).toEqual([
      ['snap', 'bare', '1.0', '-', 'canonical', '-'],
      ['snap', 'core22', '20240731', '-', 'canonical', '-'],
      ['snap', 'firefox', '130.0-2', '-', 'mozilla', '-'],
      ['snap', 'local-thing', '0.1', '-', '-', '-'],
    ]);
  });

  it('says when its daemon does not run', async () => {
    const recorded = machine({
      files: { '/var/lib/snapd/snaps/core22_1586.snap': '' },
      commands: { 'snap list': list },
    });
    expect(await recorded.unreadable('software')).toEqual({
      'snap packages': 'snapd does not run: no /run/snapd.socket',
    });
  });
});

it('flatpak: columns separated by tabs', async () => {
  const list =
    'org.mozilla.firefox\tFirefox\t130.0\tstable\tx86_64\tflathub\tsystem\n' +
    'org.freedesktop.Platform\tFreedesktop Platform\tfreedesktop-sdk-23.08.21\t23.08\tx86_64\tflathub\tsystem\n' +
    'org.freedesktop.Platform\tFreedesktop Platform\t\t22.08\tx86_64\tflathub\tsystem\n';
  expect(await brief(machine({ commands: { 'flatpak list': list } }))).toEqual([
    ['flatpak', 'org.mozilla.firefox', '130.0', 'x86_64', 'flathub', 'system stable'],
    ['flatpak', 'org.freedesktop.Platform', 'freedesktop-sdk-23.08.21', 'x86_64', 'flathub', 'system 23.08'],
    ['flatpak', 'org.freedesktop.Platform', '22.08', 'x86_64', 'flathub', 'system 22.08'],
  ]);
});

describe('pip', () => {
  const metadata = (name: string, version: string): string =>
    `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\nAuthor: Somebody\n\nVersion: 9 is not one\n`;

  it('has what pip installed, by folder, and not what the distribution brought', async () => {
    const packages = {
      '/usr/lib/python3/dist-packages/apt-2.6.dist-info/METADATA': metadata('apt', '2.6'),
      '/usr/lib/python3/dist-packages/late-1.dist-info/METADATA': metadata('late', '1'),
      '/usr/lib/python3/dist-packages/late-1.dist-info/INSTALLER': 'pip\n',
      '/usr/lib/python3.9/site-packages/dnf-4.dist-info/METADATA': metadata('dnf', '4'),
      '/usr/lib/python3.9/site-packages/dnf-4.dist-info/INSTALLER': 'rpm\n',
      '/usr/local/lib/python3.11/dist-packages/requests-2.31.0.dist-info/METADATA': metadata('requests', '2.31.0'),
      '/usr/local/lib/python3.11/dist-packages/requests-2.31.0.dist-info/INSTALLER': 'pip\n',
      '/usr/local/lib/python3.11/dist-packages/old.egg-info/PKG-INFO': metadata('old', '0.1'),
      '/usr/local/lib/python3.11/dist-packages/flat-1.0.egg-info': metadata('flat', '1.0'),
      '/usr/local/lib/python3.11/dist-packages/broken-1.dist-info/METADATA': 'nothing\n',
      '/home/ada/.local/lib/python3.11/site-packages/flask-3.dist-info/METADATA': metadata('Flask', '3.0.0'),
      '/home/robot/.local/lib/python3.11/site-packages/no-1.dist-info/METADATA': metadata('no', '1'),
      '/etc/passwd':
        'root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\nrobot:x:200:200::/home/robot:/bin/false\n',
    };
    expect(
      (await brief(machine({ files: packages }))).map(([, name, version, , , scope]) => [name, version, scope]),
    ).toEqual([
      ['late', '1', '/usr/lib/python3/dist-packages'],
      ['flat', '1.0', '/usr/local/lib/python3.11/dist-packages'],
      ['old', '0.1', '/usr/local/lib/python3.11/dist-packages'],
      ['requests', '2.31.0', '/usr/local/lib/python3.11/dist-packages'],
      ['Flask', '3.0.0', '/home/ada/.local/lib/python3.11/site-packages'],
    ]);
  });
});

it('npm: packages with and without a scope', async () => {
  const files = {
    '/usr/lib/node_modules/npm/package.json': '{"name":"npm","version":"10.8.2","author":"GitHub Inc."}',
    '/usr/lib/node_modules/@angular/cli/package.json':
      '{"name":"@angular/cli","version":"18.2.0","author":{"name":"Angular"}}',
    '/usr/lib/node_modules/.bin/x': '',
    '/usr/lib/node_modules/broken/package.json': '{"name":',
    '/usr/lib/node_modules/list/package.json': '[1]',
    '/home/ada/.nvm/versions/node/v20.1.0/lib/node_modules/yarn/package.json': '{"name":"yarn","version":"1.22.0"}',
    '/etc/passwd': 'ada:x:1000:1000::/home/ada:/bin/sh\n',
  };
  expect(await brief(machine({ files }))).toEqual([
    ['npm', '@angular/cli', '18.2.0', '-', 'Angular', '/usr/lib/node_modules'],
    ['npm', 'npm', '10.8.2', '-', 'GitHub Inc.', '/usr/lib/node_modules'],
    ['npm', 'yarn', '1.22.0', '-', '-', '/home/ada/.nvm/versions/node/v20.1.0/lib/node_modules'],
  ]);
});

it('homebrew: versions side by side are told apart', async () => {
  const files = {
    '/opt/homebrew/Cellar/openssl@3/3.3.1/README': '',
    '/opt/homebrew/Cellar/jq/1.6/README': '',
    '/opt/homebrew/Cellar/jq/1.7/README': '',
    '/opt/homebrew/Caskroom/iterm2/3.5.0/x': '',
    '/opt/homebrew/Caskroom/iterm2/.metadata/x': '',
  };
  expect(await brief(machine({ platform: 'macos', files, commands: { system_profiler: '{}' } }))).toEqual([
    ['homebrew', 'jq', '1.6', '-', '-', '/opt/homebrew 1.6'],
    ['homebrew', 'jq', '1.7', '-', '-', '/opt/homebrew 1.7'],
    ['homebrew', 'openssl@3', '3.3.1', '-', '-', '/opt/homebrew'],
    ['homebrew', 'iterm2', '3.5.0', '-', '-', '/opt/homebrew'],
  ]);
});
