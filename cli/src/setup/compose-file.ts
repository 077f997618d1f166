import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { CliError, EXIT } from '../core/exit-codes';

/** What a stack's own compose file says that it needs: the one list of its secrets and required variables. */
export interface ComposeFile {
  file: string;
  folder: string;
  /** Names and absolute paths of the files that hold them. */
  secrets: { name: string; file: string }[];
  /** Variables that must be set (`${NAME:?…}`). */
  required: string[];
  services: string[];
  /** Names of the images of the suite, without prefix and tag. */
  images: string[];
}

interface Described {
  services?: Record<string, unknown>;
  secrets?: Record<string, { file?: string } | null>;
}

/** @param base folder that relative paths in it are about. @throws CliError when there is no compose file, or it is none */
export function readComposeFile(folder: string, base = folder): ComposeFile {
  const file = join(folder, 'docker-compose.yml');
  if (!existsSync(file)) {
    throw new CliError(
      EXIT.config,
      `There is no ${file}.`,
      'Name the folder of the stack with --dir DIR, or run "muster setup" first.',
    );
  }
  const text = readFileSync(file, 'utf8');
  const described = read(text, file);
  const secrets = Object.entries(described.secrets ?? {}).flatMap(([name, secret]) =>
    secret?.file ? [{ name, file: resolve(base, secret.file) }] : [],
  );
  const images = [...text.matchAll(/^\s+image:\s*\S*\/([a-z-]+):\$\{MUSTER_VERSION/gm)].map(([, name = '']) => name);
  const required = [...text.matchAll(/\$\{(\w+):?\?/g)].map(([, name = '']) => name);
  return {
    ...{ file, folder, secrets, required: [...new Set(required)] },
    services: Object.keys(described.services ?? {}),
    images: [...new Set(images)],
  };
}

/** Services in the order of a compose file. @param file its path, to name it. @throws CliError when it is none */
export const servicesIn = (text: string, file: string): string[] => Object.keys(read(text, file).services ?? {});

function read(text: string, file: string): Described {
  try {
    return (parse(text, { merge: true }) ?? {}) as Described;
  } catch (error) {
    throw new CliError(EXIT.config, `${file} cannot be read: ${(error as Error).message.split('\n')[0]}`);
  }
}

/** Where the release keeps a server's compose file: beside `compose/` in one of these folders or above it. */
export function releasedComposeFile(server: string, places: readonly string[]): string | undefined {
  return places.map((place) => join(place, 'compose', server, 'docker-compose.yml')).find((file) => existsSync(file));
}

/** A folder and all above it. */
export function upwards(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...upwards(above)];
}
