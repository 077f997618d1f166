import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InventoryReport } from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InventoryProcess } from './testing/inventory-process';
import { InventoryServer } from './testing/inventory-server';

const NOBODY = 65_534;
const PACKAGES = 50_000;
let program: InventoryProcess;
beforeAll(async () => {
  program = await InventoryProcess.build();
});
afterAll(() => program.remove());

const serverWith = (reports: readonly object[]): InventoryServer => {
  const server = new InventoryServer();
  for (const report of reports) server.apply(report);
  return server;
};

/** A status file with as many packages as a device can have, of the size that real ones have. */
function manyPackages(root: string, version: string): void {
  mkdirSync(join(root, 'var/lib/dpkg'), { recursive: true });
  const paragraph = (index: number): string => `Package: package-with-a-usual-name-${index}
Status: install ok installed
Priority: optional
Section: libs
Installed-Size: ${index}
Maintainer: Debian Quite Long Team Name Maintainers <pkg-team-${index % 100}@lists.example.org>
Architecture: amd64
Version: ${index % 1000 === 0 ? version : '1:2.36-9+deb12u10'}
Depends: libc6 (>= 2.36), libgcc-s1 (>= 4.2), libstdc++6 (>= 11)
Description: a package
${' A line of a long description that nobody needs here.\n'.repeat(8)}
`;
  writeFileSync(
    join(root, 'var/lib/dpkg/status'),
    Array.from({ length: PACKAGES }, (_, index) => paragraph(index)).join(''),
  );
}

describe('inventory in a process of its own', () => {
  it.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
    'as nobody has what root has but for what it may not read, which it says',
    () => {
      const root = serverWith(program.run('root').reports);
      const { reports, took } = program.run('nobody', { user: NOBODY });
      const nobody = serverWith(reports);
      expect(took.reports).toBe(reports.length);
      for (const section of [
        'system',
        'processors',
        'disks',
        'volumes',
        'controllers',
        'networks',
        'operating-system',
      ] as const)
        expect([...(nobody.held.get(section)?.items.keys() ?? [])], section).toEqual([
          ...(root.held.get(section)?.items.keys() ?? []),
        ]);
      const names = (server: InventoryServer): unknown[] =>
        [...(server.held.get('users')?.items.values() ?? [])].map((item) => (item as { name: string }).name);
      expect(names(nobody)).toEqual(names(root));
      const dpkg = (server: InventoryServer): string[] =>
        [...(server.held.get('software')?.items.keys() ?? [])].filter((key) => key.startsWith('dpkg|'));
      expect(dpkg(nobody)).toEqual(dpkg(root));
      expect(nobody.held.get('users')?.unreadable).toEqual([
        { what: 'disabled accounts', why: 'needs root: /etc/shadow' },
      ]);
      expect(nobody.held.get('software')?.unreadable).toContainEqual({
        what: 'pip packages below /root',
        why: 'needs root: /root',
      });
    },
  );

  it('takes 50,000 packages within the memory that the agent has', () => {
    const root = join(program.folder, 'large');
    manyPackages(root, '1');
    const { reports, took } = program.run('large-state', { root });
    const server = serverWith(reports);
    expect(server.held.get('software')?.items.size).toBe(PACKAGES);
    // Its heap is limited to 128 MB already; this is all of it.
    expect(took.residentMb).toBeLessThan(260);
    const software = reports.filter((report) => (report as InventoryReport).section === 'software');
    expect(software.length).toBeGreaterThan(20);

    // An upgrade of fifty packages is one small report.
    manyPackages(root, '2');
    const again = program.run('large-state', { root });
    for (const report of again.reports) server.apply(report);
    const difference = again.reports.filter((report) => (report as InventoryReport).section === 'software');
    expect(difference).toHaveLength(1);
    expect((difference[0] as InventoryReport).items).toHaveLength(PACKAGES / 1000);
    expect(server.held.get('software')?.digest).toBe((difference[0] as InventoryReport).digest);
    expect(JSON.stringify(difference).length).toBeLessThan(50_000);
  }, 180_000);
});
