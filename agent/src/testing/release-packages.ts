import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A package with these files, made by the system's tar, as a person would. */
export function makePackage(files: Record<string, string>, ...options: string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'muster-package-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'content', name)), { recursive: true });
      writeFileSync(join(folder, 'content', name), content);
    }
    const packed = join(folder, 'package.tar.gz');
    execFileSync('tar', ['--format=ustar', ...options, '-czf', packed, '-C', join(folder, 'content'), '.']);
    return readFileSync(packed);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A build that works: the program of the version that the tests install, under another name. */
export const WORKING = "export { main } from '../1.2.3/main.mjs';\n";
/** Builds that do not, each in its own way. */
export const BROKEN = {
  'does not load': "import './not-there.mjs';\n",
  'crashes at its start': "export const main = () => { throw new Error('broken build'); };\n",
  'ends at once': 'export const main = async () => 0;\n',
  'crashes a moment later':
    "export const main = () => new Promise(() => setTimeout(() => { throw new Error('late'); }, 200));\n",
  'never gets green': 'export const main = () => new Promise(() => setInterval(() => undefined, 1000));\n',
  'keeps its thread busy for ever': 'export const main = async () => { for (;;); };\n',
} as const;
