import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/** What a proof needs of the machine that the tests run on. */
export interface Needs {
  /** Namespaces and mounts. */
  root?: true;
  /** Packages are made for this processor with the Node.js that runs here. */
  x64?: true;
}

/** Where the tests run; other values are for tests of this. */
const HERE = { platform: process.platform, arch: process.arch, user: process.getuid?.() };

/** Why something cannot be shown here, in words; undefined where it must be. */
export function whyNot({ root, x64 }: Needs, { platform, arch, user } = HERE): string | undefined {
  if ((root || x64) && platform !== 'linux') return `it needs Linux, and this is ${platform}`;
  if (x64 && arch !== 'x64') return `it needs an x64 processor, and this one is ${arch}`;
  if (root && user !== 0) return 'it needs root';
  return undefined;
}

/**
 * Like `describe`. Where it cannot work at all it is skipped, which the output says; everywhere else what it needs is
 * made in its hooks, which fail where that is refused.
 */
export function describeWhere(needs: Needs, name: string, body: () => void): void {
  const why = whyNot(needs);
  if (why !== undefined) console.warn(`Not shown here: ${name}; ${why}.`);
  describe.skipIf(why !== undefined)(why === undefined ? name : `${name} (skipped: ${why})`, body);
}

/** @throws Error with what `unshare` says when root is not given these namespaces, as inside of narrow containers */
export function mustUnshare(what: string, flags: readonly string[], script = 'true'): void {
  const { status, stderr, error } = spawnSync('unshare', [...flags, 'sh', '-c', script], { encoding: 'utf8' });
  if (status === 0) return;
  const reason = error ? error.message : stderr.trim().split('\n').at(-1) || `it ended with code ${status}`;
  throw new Error(
    `${what} cannot be made here: "unshare ${flags.join(' ')}" was refused (${reason}). ` +
      'Run the tests as a root who may make namespaces and mounts, or as a user who is not root: then this is skipped.',
  );
}
