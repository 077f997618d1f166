import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import type { Plugin } from 'vite';

const NAME = 'virtual:components.css';
const RESOLVED = `\0${NAME}`;
const require = createRequire(import.meta.url);
const library = dirname(require.resolve('@mantine/core/styles.css'));
const sources = resolve(import.meta.dirname, '../src');

/** Parts that other packages take from the component library. */
const ALSO_USED = ['Notification', 'Portal', 'Transition'];

/**
 * The stylesheets of exactly those components that the console uses, and of what they are made of: a third of the whole.
 * Which those are is read from the imports, so that no list can be forgotten.
 */
export function componentStyles(): Plugin {
  return {
    name: 'muster-component-styles',
    resolveId: (id) => (id === NAME ? RESOLVED : undefined),
    load: (id) => (id === RESOLVED ? stylesOf([...usedNames(), ...ALSO_USED]) : undefined),
  };
}

function usedNames(): string[] {
  return readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .flatMap((name) => [
      ...readFileSync(join(sources, name), 'utf8').matchAll(/import \{([^}]*)\} from '@mantine\/core'/g),
    ])
    .flatMap((match) => (match[1] ?? '').split(',').map((imported) => imported.replace(/^\s*type /, '').trim()));
}

function stylesOf(names: readonly string[]): string {
  const index = read('esm/index.mjs');
  const entries = new Map<string, string>();
  for (const [, imported = '', from = ''] of index.matchAll(/^import \{([^}]*)\} from "(\.[^"]+)";$/gm)) {
    for (const name of imported.split(',')) entries.set(name.trim(), join('esm', from));
  }
  const modules = new Set<string>();
  for (const name of names) {
    const entry = entries.get(name);
    if (entry) follow(entry, modules);
  }
  const all = read('styles.layer.css');
  const sheets = [...modules]
    .map((file) => `styles/${basename(file, '.module.mjs')}.layer.css`)
    .filter((sheet) => sheet.endsWith('.layer.css') && existsSync(join(library, sheet)))
    .map((sheet) => read(sheet));
  // In the library's own order: later components build on earlier ones.
  const ordered = sheets
    .map((css) => ({ css, place: all.indexOf(/\.m_[0-9a-f]+/.exec(css)?.[0] ?? '') }))
    .sort((a, b) => a.place - b.place);
  const base = ['baseline', 'global'].map((name) => read(`styles/${name}.layer.css`));
  return [...base, ...ordered.map(({ css }) => css)].join('\n');
}

function follow(file: string, seen: Set<string>): void {
  if (seen.has(file)) return;
  seen.add(file);
  for (const [, from = ''] of read(file).matchAll(/^(?:import|export) .*from "(\.[^"]+)";$/gm)) {
    follow(join(dirname(file), from), seen);
  }
}

const read = (path: string): string => readFileSync(join(library, path), 'utf8');
