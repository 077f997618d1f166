import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const PROJECT = resolve(import.meta.dirname, '../../../..');

export interface Took {
  milliseconds: number;
  processorMs: number;
  residentMb: number;
  reports: number;
  bytes: number;
}

/** The inventory in a process of its own, bundled as the agent is, where every user may start it. */
export class InventoryProcess {
  private constructor(
    readonly folder: string,
    private readonly program: string,
  ) {}

  static async build(): Promise<InventoryProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'muster-inventory-'));
    chmodSync(folder, 0o755);
    const program = join(folder, 'inventory.mjs');
    const bundle = await rolldown({
      input: join(import.meta.dirname, 'print-inventory.ts'),
      platform: 'node',
      tsconfig: join(PROJECT, 'agent/tsconfig.json'),
      external: [/^node:/],
      resolve: { alias: { 'class-validator': join(PROJECT, 'node_modules/class-validator/esm2015/index.js') } },
      onLog: () => undefined,
    });
    await bundle.write({ file: program, format: 'esm', codeSplitting: false, keepNames: true });
    await bundle.close();
    return new InventoryProcess(folder, program);
  }

  /** Runs it as the agent's service definitions run the agent. @param user number; the caller's when absent */
  run(
    state: string,
    { user, root, quiet }: { user?: number; root?: string; quiet?: boolean } = {},
  ): {
    reports: object[];
    took: Took;
  } {
    const folder = join(this.folder, state);
    mkdirSync(folder, { recursive: true });
    if (user !== undefined) chownSync(folder, user, user);
    if (quiet) writeFileSync(join(folder, 'quiet'), '');
    const flags = ['--max-semi-space-size=1', '--max-old-space-size=128'];
    const text = execFileSync(process.execPath, [...flags, this.program, folder, ...(root ? [root] : [])], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      ...(user === undefined ? {} : { uid: user, gid: user }),
    });
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    return { reports: lines.slice(0, -1), took: lines.at(-1) as Took };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
