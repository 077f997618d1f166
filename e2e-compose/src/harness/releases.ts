import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { project, run } from './commands';
import type { Engine } from './engine';
import { VERSION } from './images';

/** The one image that knows its version. */
const COMMAND = 'cli';
/** Images that a release for both servers has. */
const IMAGES = [
  ...['web', 'key-manager', 'rmm-logs', 'plugins', 'audit-logs', 'downloads', 'bip'],
  ...['setup', 'edge', 'nats', 'postgres', 'push-broker', 'coturn', COMMAND],
];

export interface ReleaseWishes {
  version: string;
  oldestFrom?: string;
  /** By image, the folder of `fixtures/releases` whose Dockerfile makes it of the present one; others are the present ones. */
  changed?: Record<string, string>;
  /** Migrations besides the known ones, by schema. */
  migrations?: Record<string, string[]>;
  /** With the images in archives; otherwise they stay in the engine. */
  archives?: boolean;
}

/** Makes releases of the images that run, and a key that signs them. */
export class Releases {
  readonly publicKey: string;
  private readonly key: string;

  private constructor(
    private readonly engine: Engine,
    private readonly folder: string,
  ) {
    this.key = join(folder, 'release-key');
    this.publicKey = `${this.key}.pub`;
  }

  static async withKey(engine: Engine, folder: string): Promise<Releases> {
    const releases = new Releases(engine, folder);
    await releases.tool('--new-key', releases.key);
    return releases;
  }

  /** @returns its folder */
  async make({
    version,
    oldestFrom = VERSION,
    changed = {},
    migrations = {},
    archives,
  }: ReleaseWishes): Promise<string> {
    const changes: Record<string, string> = { [COMMAND]: 'command', ...changed };
    for (const image of IMAGES) await this.image(image, version, changes[image]);
    const out = join(this.folder, `release-${version}`);
    const list = join(this.folder, `migrations-${version}.json`);
    writeFileSync(list, JSON.stringify(withKnown(migrations)));
    await this.tool(
      ...['--key', this.key, '--out', out, '--version', version, '--oldest-from', oldestFrom, '--migrations', list],
      ...(archives ? [] : ['--no-archives']),
    );
    if (archives) await this.forget(version);
    return out;
  }

  /** As on a server that has never seen this version. */
  async forget(version: string): Promise<void> {
    await this.engine.docker('rmi', ...IMAGES.map((image) => `muster/${image}:${version}`));
  }

  private async image(name: string, version: string, fixture?: string): Promise<void> {
    const [from, to] = [`muster/${name}:${VERSION}`, `muster/${name}:${version}`];
    if (!fixture) return void (await this.engine.docker('tag', from, to));
    const folder = join(project, 'e2e-compose/fixtures/releases', fixture);
    const given = [`BASE=${from}`, `VERSION=${version}`].flatMap((one) => ['--build-arg', one]);
    await run('docker', ['build', '--quiet', '--tag', to, ...given, folder], {
      env: { ...this.engine.environment, DOCKER_BUILDKIT: '0' },
    });
  }

  private tool(...args: string[]): Promise<string> {
    return run(process.execPath, ['deploy/images/release.mjs', ...args], {
      cwd: project,
      env: this.engine.environment,
    });
  }
}

/** Those of the services, as `muster doctor` knows them, with more at the end. */
function withKnown(more: Record<string, string[]>): Record<string, string[]> {
  const text = readFileSync(join(project, 'cli/src/checks/known-migrations.ts'), 'utf8');
  const known = [...text.matchAll(/^ {2}(\w+): \[([^\]]*)\]/gm)].map(([, schema = '', names = '']) => {
    const list = [...names.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
    return [schema, [...list, ...(more[schema] ?? [])]] as [string, string[]];
  });
  return Object.fromEntries(known);
}
