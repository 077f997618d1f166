import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, hostname, release, totalmem } from 'node:os';
import { INVENTORY_SECTIONS, parse, SECTION_NAMES } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { collectSection } from '../collected-section';
import { thisMachine } from '../machine/device-machine';
import { SOURCES } from '.';

/** What the inventory says, against what this machine's own tools say. */
const tool = (program: string, ...given: string[]): string =>
  execFileSync(program, given, {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  });
const has = (program: string): boolean =>
  ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((folder) => existsSync(`${folder}/${program}`));
const machine = thisMachine();

type Item = Record<string, unknown>;
async function itemsOf(section: (typeof SECTION_NAMES)[number]): Promise<Item[]> {
  const { items, failed } = await collectSection(machine, section, SOURCES);
  expect(failed).toEqual([]);
  return [...items.values()].map(({ json }) => JSON.parse(json) as Item);
}

describe.runIf(process.platform === 'linux')('inventory of this machine', () => {
  it('is taken by the server, all of it', async () => {
    for (const section of SECTION_NAMES) {
      const { items, unreadable, failed } = await collectSection(machine, section, SOURCES);
      expect(failed).toEqual([]);
      for (const [key, { digest, json }] of items)
        parse(INVENTORY_SECTIONS[section], { key, digest, ...(JSON.parse(json) as object) }, { unknown: 'refuse' });
      for (const { what, why } of unreadable) expect(`${section}: ${what}: ${why}`).not.toMatch(/undefined|\[object/);
    }
  });

  it('is the same twice: nothing volatile is in it', async () => {
    const digests = async (): Promise<string[]> => {
      const all = [];
      for (const section of SECTION_NAMES) {
        const { items } = await collectSection(machine, section, SOURCES);
        all.push(...[...items].map(([key, { digest }]) => `${section} ${key} ${digest}`));
      }
      return all;
    };
    const first = await digests();
    expect(await digests()).toEqual(first);
  });

  it.runIf(has('dpkg-query'))("has dpkg-query's packages, versions, architectures and sizes", async () => {
    const format = '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${Installed-Size}\t${Maintainer}\n';
    const lines = tool('dpkg-query', '-W', '-f', format).trim().split('\n');
    const told = lines
      .map((line) => line.split('\t'))
      .filter(([status = '']) => !/^.[nc]/.test(status))
      .map(([, ...rest]) => rest.join('\t'));
    const ours = (await itemsOf('software'))
      .filter(({ source }) => source === 'dpkg')
      .map(({ name, version, architecture, sizeBytes, publisher }) =>
        [name, version, architecture, Number(sizeBytes) / 1024, publisher].join('\t'),
      );
    expect(ours.length).toBeGreaterThan(100);
    expect(ours.sort()).toEqual(told.sort());
  });

  it("has getent's accounts, their groups and administrators", async () => {
    const told = tool('getent', 'passwd')
      .trim()
      .split('\n')
      .map((line) => line.split(':'));
    const users = await itemsOf('users');
    expect(users.map(({ name, id, home, shell }) => [name, id, home, shell])).toEqual(
      told.map(([name, , id, , , home, shell]) => [name, id, home || undefined, shell || undefined]),
    );
    for (const { name, groups } of users)
      expect(groups).toEqual(tool('id', '-Gn', String(name)).trim().split(' ').sort());
    expect(users.find(({ name }) => name === 'root')).toMatchObject({ administrator: true, id: '0' });
    expect(users.find(({ name }) => name === 'nobody')).toMatchObject({ administrator: false });
  });

  it("has findmnt's volumes", async () => {
    interface Mount {
      target: string;
      source: string;
      fstype: string;
      size: number | string;
      options: string;
    }
    const columns = ['--json', '--bytes', '--list', '--output', 'TARGET,SOURCE,FSTYPE,SIZE,OPTIONS'];
    const { filesystems } = JSON.parse(tool('findmnt', '--real', ...columns)) as { filesystems: Mount[] };
    // findmnt calls everything real that is not one of the kernel's own; it shows bind mounts in brackets.
    const real = filesystems.filter(
      ({ fstype, source }) => !/^(tmpfs|overlay|squashfs)$/.test(fstype) && !source.includes('['),
    );
    const told = real.map(({ target, source, fstype, size, options }) => [
      ...[target, source, fstype, Number(size)],
      options.split(',').includes('ro'),
    ]);
    const ours = (await itemsOf('volumes')).filter(({ fileSystem }) => fileSystem !== 'overlay');
    expect(ours.length).toBeGreaterThan(0);
    expect(
      ours.map(({ mountPoint, device, fileSystem, sizeBytes, readOnly }) => [
        mountPoint,
        device,
        fileSystem,
        sizeBytes,
        readOnly,
      ]),
    ).toEqual(told);
  });

  it.runIf(has('lsblk'))("has lsblk's disks", async () => {
    interface Device {
      name: string;
      size: number | string;
      type: string;
      serial?: string | null;
    }
    const { blockdevices } = JSON.parse(
      tool('lsblk', '--json', '--bytes', '--nodeps', '--output', 'NAME,SIZE,TYPE,SERIAL'),
    ) as { blockdevices: Device[] };
    const told = blockdevices
      .filter(({ name, type, size }) => /^(disk|rom)$/.test(type) && !name.startsWith('zram') && Number(size) > 0)
      .map(({ name, size, serial }) => [`/dev/${name}`, Number(size), serial ?? undefined]);
    const ours = await itemsOf('disks');
    // Without udev lsblk knows no serial numbers; the kernel may.
    const compared = ours.map(({ name, sizeBytes, serialNumber }, index) => [
      ...[name, sizeBytes],
      told[index]?.[2] === undefined ? undefined : serialNumber,
    ]);
    expect(compared).toEqual(told);
  });

  it.runIf(has('ip'))("has ip's interfaces and addresses", async () => {
    interface Link {
      ifname: string;
      address?: string;
      addr_info: Array<{ local: string; prefixlen: number; temporary?: boolean }>;
    }
    const links = JSON.parse(tool('ip', '-json', 'address')) as Link[];
    const told = links.map(({ ifname, address, addr_info: all }) => {
      const addresses = all
        .filter(({ temporary }) => !temporary)
        .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
      const mac = address === '00:00:00:00:00:00' ? undefined : address;
      return [ifname, mac, addresses.length > 0 ? addresses.sort() : undefined];
    });
    const ours = await itemsOf('networks');
    expect(ours.map(({ name, mac, addresses }) => [name, mac, addresses])).toEqual(told);
    const routes = tool('ip', '-4', 'route', 'show', 'default').matchAll(/^default via (\S+) dev (\S+)/gm);
    for (const [, gateway, name] of routes)
      expect(ours.find((item) => item['name'] === name)).toMatchObject({ gateway });
  });

  it('has the operating system of os-release and uname', async () => {
    const release_ = readFileSync('/etc/os-release', 'utf8');
    const [item] = await itemsOf('operating-system');
    expect(item).toMatchObject({
      name: /^PRETTY_NAME="?(.*?)"?$/m.exec(release_)?.[1],
      kernel: release(),
      hostName: hostname().split('.')[0],
      architecture: process.arch,
    });
    if (/^ID=debian$/m.test(release_))
      expect(item).toMatchObject({ version: readFileSync('/etc/debian_version', 'utf8').trim() });
  });

  it.runIf(has('lscpu'))("has lscpu's processors", async () => {
    const told = new Map(
      [...tool('lscpu').matchAll(/^(.+?):\s+(.+)$/gm)].map(([, name = '', value = '']) => [name.trim(), value]),
    );
    const ours = await itemsOf('processors');
    expect(ours).toHaveLength(Number(told.get('Socket(s)')));
    const cores = Number(told.get('Core(s) per socket'));
    expect(ours[0]).toMatchObject({
      cores,
      threads: cores * Number(told.get('Thread(s) per core')),
      name: told.get('Model name'),
    });
    expect(ours.reduce((sum, { threads }) => sum + Number(threads), 0)).toBe(cpus().length);
  });

  it.runIf(has('systemd-detect-virt'))('is in the container or virtual machine that systemd sees', async () => {
    const told = spawnSync('systemd-detect-virt', { encoding: 'utf8' }).stdout.trim();
    const [{ virtualisation } = {}] = await itemsOf('system');
    // It names some by their makers.
    const names: Record<string, string> = {
      microsoft: 'hyper-v',
      oracle: 'virtualbox',
      qemu: 'kvm',
      amazon: 'amazon ec2',
    };
    if (told === 'none') expect(virtualisation).toBeUndefined();
    else if (virtualisation !== undefined)
      expect(String(virtualisation).toLowerCase()).toContain(names[told] ?? told.split('-')[0]);
  });

  it('tells memory modules or why not, and never more than there is', async () => {
    const { items, unreadable } = await collectSection(machine, 'memory-modules', SOURCES);
    const sizes = [...items.values()].map(({ json }) => (JSON.parse(json) as { sizeBytes?: number }).sizeBytes ?? 0);
    if (sizes.length === 0) expect(unreadable).toHaveLength(1);
    // Firmware keeps a part for itself.
    else expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(totalmem());
  });

  it("has Python's own lists of pip packages", async () => {
    const ours = (await itemsOf('software')).filter(({ source }) => source === 'pip');
    // Starting Python takes its time.
    const folders = [...new Set(ours.map(({ scope }) => String(scope)))].slice(-3);
    for (const folder of folders) {
      const python = `${folder.replace(/\/lib\/python[^/]+\/site-packages$/, '')}/bin/python`;
      if (!existsSync(python) || /python2/.test(folder)) continue;
      const script =
        "import importlib.metadata as m; print('\\n'.join(d.metadata['Name'] + ' ' + d.version for d in m.distributions(path=[__import__('sys').argv[1]])))";
      let told: string;
      try {
        told = execFileSync(python, ['-I', '-c', script, folder], { encoding: 'utf8', stdio: 'pipe' });
      } catch {
        // Python before 3.8 has no such module.
        continue;
      }
      const own = ours
        .filter(({ scope }) => scope === folder)
        .map(({ name, version }) => `${String(name)} ${String(version)}`);
      expect(own.sort()).toEqual([...new Set(told.trim().split('\n'))].sort());
    }
  });

  it.runIf(has('npm'))("has npm's own list of global packages", async () => {
    const root = tool('npm', 'root', '--global').trim();
    const { dependencies = {} } = JSON.parse(tool('npm', 'ls', '--global', '--json', '--depth=0')) as {
      dependencies?: Record<string, { version: string }>;
    };
    const told = Object.entries(dependencies).map(([name, { version }]) => `${name} ${version}`);
    const ours = (await itemsOf('software')).filter(({ source, scope }) => source === 'npm' && scope === root);
    expect(ours.map(({ name, version }) => `${String(name)} ${String(version)}`).sort()).toEqual(told.sort());
  });
});
