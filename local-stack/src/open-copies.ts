import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isRoot, type Layout, mayBeEntered } from './layout';

/** Copies a file or folder anew so that every user may read the copy, whatever the modes of the original. */
export function copyForAll(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', to]);
}

/** A program, or a copy of it where a user without rights may run it. */
export function runnable(layout: Layout, program: string): string {
  if (!isRoot() || mayBeEntered(realpathSync(program))) return program;
  const copied = join(layout.open, 'programs', basename(program));
  if (!existsSync(copied)) {
    mkdirSync(dirname(copied), { recursive: true, mode: 0o755 });
    cpSync(program, copied, { dereference: true });
    chmodSync(copied, 0o755);
  }
  return copied;
}

/** What the bundles load when they run: native code. */
const PACKAGES = ['@node-rs/argon2'];
const SERVICES = ['key-manager', 'web', 'bip', 'push-broker', 'rmm-logs', 'plugins', 'audit-logs', 'downloads', 'turn'];

/**
 * The folder that holds `services/<name>/dist` and `agent/dist`: the project, or, for services that dropped their
 * rights, a copy that they may read and not write.
 */
export function builtProject(layout: Layout): string {
  if (!isRoot()) return layout.project;
  const copy = join(layout.open, 'suite');
  const built = [...SERVICES.map((name) => `services/${name}/dist`), 'services/bip/scripts', 'agent/dist'];
  const packages = withDependencies(layout.project, PACKAGES).map((name) => `node_modules/${name}`);
  for (const path of [...built, ...packages]) copyForAll(join(layout.project, path), join(copy, path));
  return copy;
}

/** These packages and all that they need; optional ones as far as they are installed. */
export function withDependencies(project: string, names: string[]): string[] {
  const found = new Set<string>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const manifest = join(project, 'node_modules', name, 'package.json');
    if (found.has(name) || !existsSync(manifest)) continue;
    found.add(name);
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, object>;
    queue.push(...Object.keys({ ...dependencies, ...optionalDependencies }));
  }
  return [...found];
}
