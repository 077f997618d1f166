import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export type Variables = Readonly<Record<string, string>>;

/** Reads a `.env` file as compose does: NAME=value lines, optional quotes, `#` comments. */
export const readEnvFile = (file: string): Record<string, string> =>
  existsSync(file) ? variablesIn(readFileSync(file, 'utf8')) : {};

export function variablesIn(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const found = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
    if (!found) continue;
    const [, name = '', value = ''] = found;
    variables[name] = unquoted(value);
  }
  return variables;
}

/** Sets variables to other values, in one step; the other lines stay. @throws Error when a value cannot stand there */
export function changeEnvFile(file: string, values: Variables): void {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const others = lines.filter((line) => {
    const name = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/.exec(line)?.[1];
    return name === undefined || !(name in values);
  });
  const set = Object.entries(values).map(([name, value]) => lineOf(name, value));
  writeFileSync(`${file}.new`, `${others.join('\n').replace(/\n*$/, '\n')}${set.join('')}`, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

function lineOf(name: string, value: string): string {
  if (/[\n"'\\$`#]/.test(value)) throw new Error(`${name} cannot hold quotes, $, # or line breaks`);
  return `${name}=${value}\n`;
}

const unquoted = (value: string): string => {
  const quoted = /^(["'])(.*?)\1(?:\s+#.*)?$/.exec(value);
  return quoted ? (quoted[2] ?? '') : value.replace(/\s+#.*$/, '');
};

/**
 * Adds what is missing and leaves every line that is there. @returns names that were added
 * @throws Error when a value cannot stand in such a file
 */
export function completeEnvFile(file: string, wanted: Variables): string[] {
  const known = readEnvFile(file);
  const added = Object.entries(wanted).filter(([name]) => known[name] === undefined);
  if (added.length === 0) return [];
  const before = existsSync(file)
    ? readFileSync(file, 'utf8').replace(/\n*$/, '\n')
    : '# Made by "muster setup". compose/README.md explains every variable; change values here, then run setup again.\n';
  const lines = added.map(([name, value]) => lineOf(name, value));
  writeFileSync(`${file}.new`, before + lines.join(''), { mode: 0o644 });
  renameSync(`${file}.new`, file);
  return added.map(([name]) => name);
}
