import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Site } from '../site/site';
import type { KnownSecret } from './redactor';

const MOST_BYTES = 100_000;

/** Every secret that lies in a site's folder, so that none of them can be overlooked elsewhere. */
export function knownSecrets({ folder, kind }: Pick<Site, 'folder' | 'kind'>): KnownSecret[] {
  if (kind === 'local') return inJson(join(folder, 'secrets.json'));
  const folders = ['secrets', 'join', 'config'].map((name) => join(folder, name));
  return folders.flatMap((place) => inFolder(place));
}

/** Each file as a whole, and each of its lines. */
function inFolder(folder: string): KnownSecret[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const file = join(folder, name);
    const found = statSync(file);
    if (!found.isFile() || found.size > MOST_BYTES) return [];
    const text = readFileSync(file, 'utf8').trim();
    const lines = text.split('\n').map((line) => line.trim());
    return [...new Set([text, ...lines])]
      .filter((value) => value !== '' && !value.startsWith('-----'))
      .map((value) => ({ name, value }));
  });
}

function inJson(file: string): KnownSecret[] {
  if (!existsSync(file)) return [];
  return texts(JSON.parse(readFileSync(file, 'utf8')), 'secret');
}

function texts(value: unknown, name: string): KnownSecret[] {
  if (typeof value === 'string') return [{ name, value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => texts(inner, key));
}
