import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { project, run } from './commands';
import type { Engine } from './engine';

/** Base images that are made from Debian packages, by `stand-ins.sh`. */
const STAND_INS = ['node', 'nginx', 'nats', 'postgres', 'coturn', 'docker'] as const;
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const VERSION = '0.1.0';

/** Where the stand-ins are kept from run to run. */
export const imageCache = (): string => process.env['MUSTER_CACHE'] ?? '/var/tmp/muster-images';

/** Makes the stand-ins that are missing, which on a new machine takes minutes and a Debian mirror. */
export async function makeStandIns(): Promise<void> {
  await run(join(project, 'e2e-compose/stand-ins.sh'), [imageCache()]);
}

/** Builds what changed, unless that was done just now, and all images of this project. */
export async function makeImages(engine: Engine): Promise<void> {
  const imported = STAND_INS.map((name) =>
    engine.docker('import', '--change', `ENV ${PATH}`, join(imageCache(), `${name}.tar`), `stand-in/${name}:1`),
  );
  await Promise.all(imported);
  const bases = STAND_INS.flatMap((name) => [`--${name}-image`, `stand-in/${name}:1`]);
  const programs = {
    '--nats-binary': '/usr/sbin/nats-server',
    '--docker-binary': '/usr/bin/docker',
    '--compose-binary': '/usr/libexec/docker/cli-plugins/docker-compose',
  };
  const more = [...Object.entries(programs).flat(), '--version', VERSION];
  const built = process.env['MUSTER_AS_BUILT'] ? ['--as-built'] : [];
  if (built.length > 0) tellStale();
  await run(process.execPath, ['deploy/images/build.mjs', ...bases, ...more, ...built], {
    cwd: project,
    env: engine.environment,
  });
}

/** Images that the XMPP server runs, and that of the command. */
export const XMPP_IMAGES = ['push-broker', 'nats', 'coturn', 'cli'].map((name) => `muster/${name}:${VERSION}`);

/** What is taken as it is built may be of another day: whoever reads a failure must know. */
function tellStale(): void {
  const services = readdirSync(join(project, 'services')).map((name) => `services/${name}`);
  const stale = [...services, 'agent', 'cli', 'compose/setup'].filter((folder) => {
    const bundle = join(project, folder, 'dist/main.mjs');
    return existsSync(bundle) && newestIn(join(project, folder, 'src')) > statSync(bundle).mtimeMs;
  });
  if (stale.length > 0) console.log(`MUSTER_AS_BUILT: older than their sources are ${stale.join(', ')}.`);
}

const newestIn = (folder: string): number =>
  Math.max(
    0,
    ...readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
      .map((name) => statSync(join(folder, name)).mtimeMs),
  );
