import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from './stack-files';

const COMPOSE = 'docker-compose.yml';
const ENV = '.env';
const NEXT_COMPOSE = 'docker-compose.upgrade.yml';
const NEXT_ENV = '.env.upgrade';

/** The files of the version that runs: they stay as they are until everything of the next one works. */
export const presentTarget = (folder: string, version: string): Target => ({
  version,
  composeFile: join(folder, COMPOSE),
  envFile: join(folder, ENV),
});

export interface Next {
  version: string;
  /** Text of the release's compose file. */
  compose: string;
  /** By name of an image: the one that stays, since that of the release does the same. */
  pins: ReadonlyMap<string, string>;
}

/** Writes the files of the next version beside those of the present one, which they do not touch. */
export function stageFiles(folder: string, { version, compose, pins }: Next): Target {
  const target = { version, composeFile: join(folder, NEXT_COMPOSE), envFile: join(folder, NEXT_ENV) };
  const present = join(folder, ENV);
  const variables = readFileSync(present, 'utf8').replaceAll(
    /^(\s*(?:export\s+)?MUSTER_VERSION\s*=).*$/gm,
    `$1${version}`,
  );
  writeWhole(target.envFile, variables, statSync(present).mode & 0o777);
  // Containers get the variables of the file that will stand there: otherwise they would be made anew by the next `up`.
  writeWhole(
    target.composeFile,
    withPins(compose, pins).replaceAll(/env_file:\s*\[\.env\]/g, `env_file: [${NEXT_ENV}]`),
  );
  return target;
}

/** The next version is the present one. Interrupted anywhere, it can be done again. */
export function placeFiles(folder: string, from: string): void {
  const [compose, variables] = [join(folder, NEXT_COMPOSE), join(folder, NEXT_ENV)];
  if (existsSync(compose)) {
    const kept = join(folder, `${COMPOSE}.${from}`);
    if (!existsSync(kept)) copyFileSync(join(folder, COMPOSE), kept);
    writeWhole(
      join(folder, COMPOSE),
      readFileSync(compose, 'utf8').replaceAll(`env_file: [${NEXT_ENV}]`, `env_file: [${ENV}]`),
    );
  }
  if (existsSync(variables)) renameSync(variables, join(folder, ENV));
  rmSync(compose, { force: true });
}

export function discardStaged(folder: string): void {
  for (const name of [NEXT_COMPOSE, NEXT_ENV]) rmSync(join(folder, name), { force: true });
}

const IMAGE = /^(\s+image:\s*)(\S*\/([a-z-]+):\$\{MUSTER_VERSION.*)$/gm;

/** What does the same keeps its container: its line names the image that it has, and in a comment the one that it had. */
function withPins(compose: string, pins: ReadonlyMap<string, string>): string {
  return compose.replaceAll(IMAGE, (line: string, start: string, image: string, name: string) => {
    const pin = pins.get(name);
    return pin ? `${start}${pin} # the same as ${image}` : line;
  });
}

/** A server's compose file as the release had it: with images of one version only, as a fresh host has them. */
export const withoutPins = (compose: string): string =>
  compose.replaceAll(/^(\s+image:\s*)\S+ # the same as (\S.*)$/gm, '$1$2');

function writeWhole(file: string, text: string, mode = 0o644): void {
  writeFileSync(`${file}.new`, text, { mode });
  renameSync(`${file}.new`, file);
}
