import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECTION_NAMES } from '@muster/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InventoryReporter } from './inventory';
import { InventoryServer } from './testing/inventory-server';
import { dice, MadeUpSource } from './testing/made-up';
import { RecordedMachine } from './testing/recorded-machine';
import type { Found } from './source';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let folder: string;
let machine: RecordedMachine;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-inventory-'));
  machine = new RecordedMachine({});
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  machine.remove();
});

/** A device with a spool that loses nothing, in front of a server that is written from the contract. */
class Bench {
  readonly server = new InventoryServer();
  readonly packages = new MadeUpSource('software', 'dpkg', 'dpkg|');
  readonly others = new MadeUpSource('software', 'pip', 'pip|');
  readonly users = new MadeUpSource('users');
  readonly stateFile = join(folder, 'inventory.json');
  spooled: object[] = [];
  full = false;

  /** As after a start of the agent. */
  reporter(): InventoryReporter {
    const spooled = (): object[] => this.spooled;
    const spool = {
      append: (report: object): number => (this.full ? 0 : spooled().push(report)),
      get waiting(): number {
        return spooled().length;
      },
    };
    const { digests } = this.server;
    const parts = { spool, digests, stateFile: this.stateFile, log: quiet, now: () => new Date() };
    const sources = [this.packages.source, this.others.source, this.users.source];
    return new InventoryReporter(parts, { machine, sources });
  }

  /** Collects and hands what is spooled to the server. @returns the reports of sections that these tests change */
  async round(): Promise<number> {
    await this.reporter().collectNow();
    return this.send();
  }

  send(): number {
    const sent = this.spooled;
    this.spooled = [];
    for (const report of sent) this.server.apply({ sequence: 1, ...report });
    return sent.length;
  }

  get serverSoftware(): object[] {
    return [...(this.server.held.get('software')?.items.values() ?? [])];
  }
}

const onePackage = (name: string, version = '1'): Found<'software'> => ({ source: 'dpkg', name, version });
const onePip = (name: string, version = '1'): Found<'software'> => ({ source: 'pip', name, version });

describe('inventory reporter', () => {
  it('tells every section whole at first, empty ones too, and then nothing while nothing changes', async () => {
    const bench = new Bench();
    bench.packages.items = [onePackage('bash'), onePackage('dash')];
    expect(await bench.round()).toBe(SECTION_NAMES.length);
    expect(bench.serverSoftware).toEqual([
      expect.objectContaining({ key: 'dpkg|bash', source: 'dpkg', name: 'bash', version: '1' }),
      expect.objectContaining({ key: 'dpkg|dash' }),
    ]);
    expect([...bench.server.held.keys()].sort()).toEqual([...SECTION_NAMES].sort());
    expect(await bench.round()).toBe(0);
  });

  it('sends what is new, changed and gone, and keeps the key over an upgrade', async () => {
    const bench = new Bench();
    bench.packages.items = [onePackage('bash'), onePackage('dash'), onePackage('vim')];
    await bench.round();
    bench.packages.items = [onePackage('bash', '2'), onePackage('vim'), onePackage('zsh')];
    bench.server.applied = [];
    expect(await bench.round()).toBe(1);
    expect(bench.server.applied[0]).toMatchObject({
      section: 'software',
      part: 1,
      parts: 1,
      gone: ['dpkg|dash'],
      items: [
        { key: 'dpkg|bash', version: '2' },
        { key: 'dpkg|zsh', version: '1' },
      ],
    });
    expect(bench.serverSoftware).toHaveLength(3);
  });

  it('sends a section whole when the server lost it, and only that one', async () => {
    const bench = new Bench();
    bench.packages.items = [onePackage('bash')];
    await bench.round();
    const held = bench.server.held.get('software');
    if (held) held.digest = undefined;
    bench.server.applied = [];
    expect(await bench.round()).toBe(1);
    expect(bench.server.applied[0]).toMatchObject({ section: 'software', part: 1, parts: 1, gone: [] });
    expect(bench.server.applied[0]?.base).toBeUndefined();
    expect(await bench.round()).toBe(0);
  });

  it('spools differences while the server is away, and they fit together when it is back', async () => {
    const bench = new Bench();
    bench.packages.items = [onePackage('bash')];
    await bench.round();
    bench.server.reachable = false;
    for (const version of ['2', '3', '4']) {
      bench.packages.items = [onePackage('bash', version)];
      await bench.reporter().collectNow();
    }
    expect(bench.spooled).toHaveLength(3);
    bench.server.reachable = true;
    // It comes back before the spool was emptied: no reason to send anything again.
    await bench.reporter().collectNow();
    expect(bench.spooled).toHaveLength(3);
    bench.send();
    expect(bench.serverSoftware).toMatchObject([{ version: '4' }]);
    expect(await bench.round()).toBe(0);
  });

  it('waits while its reports are under way at the server', async () => {
    const bench = new Bench();
    bench.packages.items = [onePackage('bash')];
    await bench.reporter().collectNow();
    const underWay = bench.spooled;
    bench.spooled = [];
    bench.server.pending = true;
    await bench.reporter().collectNow();
    expect(bench.spooled).toHaveLength(0);
    bench.packages.items = [onePackage('bash', '2')];
    await bench.reporter().collectNow();
    expect(bench.spooled).toMatchObject([{ section: 'software', items: [{ version: '2' }] }]);
    for (const report of underWay) bench.server.apply({ sequence: 1, ...report });
    bench.send();
    bench.server.pending = false;
    expect(bench.serverSoftware).toMatchObject([{ version: '2' }]);
    expect(await bench.round()).toBe(0);
  });

  it('heals after reports were lost on their way', async () => {
    const bench = new Bench();
    bench.packages.items = [onePackage('bash')];
    await bench.round();
    bench.packages.items = [onePackage('bash', '2')];
    await bench.reporter().collectNow();
    bench.spooled = [];
    bench.packages.items = [onePackage('bash', '3')];
    await bench.round();
    await bench.round();
    expect(bench.serverSoftware).toMatchObject([{ version: '3' }]);
    expect(await bench.round()).toBe(0);
  });

  it.each(['sent', 'not sent'])('survives a crash between spool and state file, report %s meanwhile', async (sent) => {
    const bench = new Bench();
    bench.packages.items = [onePackage('bash')];
    await bench.round();
    const before = readFileSync(bench.stateFile);
    bench.packages.items = [onePackage('bash', '2')];
    await bench.reporter().collectNow();
    writeFileSync(bench.stateFile, before);
    if (sent === 'sent') {
      bench.send();
      // The server has what is there now: nothing to tell.
      expect(await bench.round()).toBe(0);
    }
    bench.packages.items = [onePackage('bash', '3'), onePackage('zsh')];
    await bench.round();
    await bench.round();
    expect(bench.serverSoftware).toMatchObject([{ version: '3' }, { name: 'zsh' }]);
    expect(await bench.round()).toBe(0);
  });

  it('starts anew with a damaged state file', async () => {
    const bench = new Bench();
    bench.packages.items = [onePackage('bash')];
    await bench.round();
    for (const damage of ['', '{"format":1,"sections":[{', '[]', 'null', '{"format":1,"sections":[{"section":"x"}]}']) {
      writeFileSync(bench.stateFile, damage);
      await bench.round();
      expect(bench.serverSoftware).toHaveLength(1);
    }
    expect(await bench.round()).toBe(0);
  });

  it('does not remember what the spool did not take', async () => {
    const bench = new Bench();
    bench.packages.items = [onePackage('bash')];
    bench.full = true;
    await bench.reporter().collectNow();
    bench.full = false;
    expect(await bench.round()).toBe(SECTION_NAMES.length);
  });

  it('takes what a failing source gave before as still there, and says what failed', async () => {
    const bench = new Bench();
    bench.packages.items = [onePackage('bash')];
    bench.others.items = [onePip('requests'), onePip('flask')];
    await bench.round();
    bench.others.failure = new Error('no end after 300 s');
    bench.packages.items = [onePackage('bash', '2')];
    await bench.round();
    expect(bench.serverSoftware).toHaveLength(3);
    expect(bench.server.held.get('software')?.unreadable).toEqual([{ what: 'pip', why: 'no end after 300 s' }]);
    bench.others.failure = undefined;
    bench.others.items = [onePip('flask')];
    await bench.round();
    expect(bench.serverSoftware).toHaveLength(2);
    expect(bench.server.held.get('software')?.unreadable).toEqual([]);
  });

  it('tells a change of what is unreadable alone, once', async () => {
    const bench = new Bench();
    await bench.round();
    bench.users.unreadable = [{ what: 'disabled accounts', why: 'needs root: /etc/shadow' }];
    expect(await bench.round()).toBe(1);
    expect(bench.server.held.get('users')?.unreadable).toEqual(bench.users.unreadable);
    expect(await bench.round()).toBe(0);
  });

  it('runs one collection at a time', async () => {
    const bench = new Bench();
    const reporter = bench.reporter();
    const [first, second] = await Promise.all([reporter.collectNow(), reporter.collectNow()]);
    expect(second).toBe(first);
    expect(first).toEqual({ reports: SECTION_NAMES.length, collectSeconds: 3600 });
  });

  it('notices changed package databases', async () => {
    const bench = new Bench();
    machine.record({ files: { '/var/lib/dpkg/status': 'Package: bash\n' } });
    const reporter = bench.reporter();
    expect(await reporter.sourcesChanged()).toBe(true);
    await reporter.collectNow();
    expect(await reporter.sourcesChanged()).toBe(false);
    machine.record({ files: { '/var/lib/dpkg/status': 'Package: bash, and one more\n' } });
    expect(await reporter.sourcesChanged()).toBe(true);
  });

  it.each([1, 2, 3, 4, 5, 6])('comes to what is there over whatever happens (seed %d)', async (seed) => {
    const bench = new Bench();
    const roll = dice(seed * 7919);
    const below = (count: number): number => roll() % count;
    const stock = new Map<string, string>();
    for (let step = 0; step < 60; step++) {
      for (let change = below(6); change > 0; change--) {
        // Names that sort differently in UTF-16 and UTF-8, and such as JavaScript's objects know already.
        const name = ['p\u{1f600}', 'p\uff5e', '__proto__', 'é', ...'abcdefghij'][below(14)] ?? 'a';
        if (below(3) === 0) stock.delete(name);
        else stock.set(name, String(below(4)));
      }
      bench.packages.items = [...stock].map(([name, version]) => onePackage(name, version));
      bench.others.failure = below(4) === 0 ? new Error('not now') : undefined;
      bench.others.items = [onePip('flask', String(below(3)))];
      bench.server.reachable = below(4) > 0;
      bench.full = below(10) === 0;
      const before = existsSync(bench.stateFile) ? readFileSync(bench.stateFile) : undefined;
      await bench.reporter().collectNow();
      // The agent dies before the state is written; or the file is gone.
      if (before && below(8) === 0) writeFileSync(bench.stateFile, before);
      if (below(20) === 0) rmSync(bench.stateFile, { force: true });
      // The spool drops its oldest, or the server forgets.
      if (below(10) === 0) bench.spooled.shift();
      if (below(15) === 0) bench.server.held.delete('software');
      if (below(3) > 0) bench.send();
    }
    bench.server.reachable = true;
    bench.full = false;
    bench.others.failure = undefined;
    // What is spooled goes out; what did not fit is noticed; the section goes whole.
    for (let settle = 0; settle < 3; settle++) await bench.round();
    const told = bench.serverSoftware.map((item) => item as Found<'software'>);
    expect(new Map(told.filter(({ source }) => source === 'dpkg').map(({ name, version }) => [name, version]))).toEqual(
      stock,
    );
    expect(told.filter(({ source }) => source === 'pip')).toMatchObject(bench.others.items);
    expect(await bench.round()).toBe(0);
  });
});
