/** Builds the container images of the stacks; `node deploy/images/build.mjs --help`. Plain Node.js without dependencies. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { build, fail, root } from '../../tools/prepare.mjs';

const here = join(root, 'deploy/images');
const USAGE = `usage: node deploy/images/build.mjs [options]

  --prefix NAME        what stands before /<image>:<version>; default muster
  --version VERSION    default: that of package.json
  --only NAME,...      only these images
  --as-built           takes the folders dist/ as they are instead of building what changed
  --node-image, --nginx-image, --nats-image, --postgres-image, --coturn-image, --docker-image NAME
                       base images; the defaults stand in the Dockerfiles
  --nats-binary PATH   of nats-server in its image
  --docker-binary, --compose-binary PATH
                       of Docker's command and of its compose plug-in in theirs
  --list               prints the names of the images and ends
  --help

The Docker engine is the one that DOCKER_HOST names.`;

/** A Node.js service: its folder, and what its image has besides. */
const service = (folder, { more = [], packages = '', preload = '' } = {}) => ({
  dockerfile: 'service.Dockerfile',
  base: 'node',
  files: [{ from: `${folder}/dist`, to: 'app/dist' }, ...more],
  args: { DEBIAN_PACKAGES: packages, PRELOAD: preload },
});

const images = {
  web: service('services/web'),
  'key-manager': service('services/key-manager', { more: [{ native: '@node-rs/argon2', to: 'app' }] }),
  'rmm-logs': service('services/rmm-logs'),
  plugins: service('services/plugins'),
  'audit-logs': service('services/audit-logs'),
  downloads: service('services/downloads'),
  bip: service('services/bip', {
    more: [
      { from: 'services/bip/scripts', to: 'app/scripts' },
      { from: 'agent/dist', to: 'app/agent' },
    ],
  }),
  // Long-lived connections come and go by the ten thousand: glibc's allocator keeps what they leave, jemalloc gives it back.
  'push-broker': service('services/push-broker', { packages: 'libjemalloc2', preload: 'libjemalloc.so.2' }),
  setup: service('compose/setup'),
  // The command for servers without Node.js, with all that an unpacked release has of use to it.
  cli: {
    dockerfile: 'cli.Dockerfile',
    base: 'node',
    files: [
      ...['cli/dist/main.mjs', 'cli/dist/package.json', 'certs-templates', 'compose/muster'],
      ...['itsm', 'xmpp', 'turn'].map((server) => `compose/${server}/docker-compose.yml`),
    ].map((from) => ({ from, to: join('app', from.replace(/^cli\//, '')) })),
  },
  edge: {
    dockerfile: 'edge.Dockerfile',
    base: 'nginx',
    files: [
      { from: 'deploy/edge/templates', to: 'templates' },
      { from: 'console/dist', to: 'console' },
    ],
  },
  nats: { dockerfile: 'nats.Dockerfile', base: 'node', files: [{ from: 'compose/setup/dist', to: 'app/dist' }] },
  postgres: { dockerfile: 'postgres.Dockerfile', base: 'postgres', files: [] },
  coturn: { dockerfile: 'coturn.Dockerfile', base: 'coturn', files: [{ from: 'deploy/turn', to: 'templates' }] },
};

const { values: options } = parseArgs({
  options: {
    prefix: { type: 'string', default: 'muster' },
    version: { type: 'string', default: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version },
    only: { type: 'string' },
    'as-built': { type: 'boolean', default: false },
    'node-image': { type: 'string' },
    'nginx-image': { type: 'string' },
    'nats-image': { type: 'string' },
    'postgres-image': { type: 'string' },
    'coturn-image': { type: 'string' },
    'docker-image': { type: 'string' },
    'nats-binary': { type: 'string' },
    'docker-binary': { type: 'string' },
    'compose-binary': { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help || options.list) {
  console.log(options.help ? USAGE : Object.keys(images).join('\n'));
  process.exit(0);
}

const wanted = options.only?.split(',') ?? Object.keys(images);
const unknown = wanted.filter((name) => !images[name]);
if (unknown.length > 0) fail(`There is no image ${unknown.join(', ')}; there are ${Object.keys(images).join(', ')}.`);
if (!options['as-built']) build();

const scratch = mkdtempSync(join(tmpdir(), 'muster-images-'));
// The first of each Dockerfile goes ahead: the others take over its layers.
const first = new Map(wanted.map((name) => [images[name].dockerfile, name]).reverse());
const ahead = wanted.filter((name) => first.get(images[name].dockerfile) === name);
try {
  await severalAtOnce(ahead);
  await severalAtOnce(wanted.filter((name) => !ahead.includes(name)));
} catch (error) {
  rmSync(scratch, { recursive: true, force: true });
  fail(error.message);
}
rmSync(scratch, { recursive: true, force: true });

/** A build mostly waits for the engine, so that one more than there are processors keeps both busy. */
async function severalAtOnce(names) {
  const waiting = [...names];
  const builder = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await buildImage(name, images[name]);
  };
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, builder));
}

/** @throws Error with what Docker said */
async function buildImage(name, { dockerfile, base, files, args = {} }) {
  const context = join(scratch, name);
  mkdirSync(context, { recursive: true });
  cpSync(join(here, dockerfile), join(context, 'Dockerfile'));
  cpSync(join(here, 'scripts'), join(context, 'scripts'), { recursive: true });
  for (const file of files) stage(context, file);
  const tag = `${options.prefix}/${name}:${options.version}`;
  const given = { VERSION: options.version, BASE_IMAGE: options[`${base}-image`], ...borrowed(name, tag), ...args };
  const buildArgs = Object.entries(given).flatMap(([key, value]) => (value ? ['--build-arg', `${key}=${value}`] : []));
  const started = Date.now();
  // Any builder will do; the classic one is in every engine without a plug-in.
  const env = { ...process.env, DOCKER_BUILDKIT: process.env.DOCKER_BUILDKIT ?? '0' };
  try {
    await promisify(execFile)('docker', ['build', '--quiet', '--tag', tag, ...buildArgs, context], { env });
  } catch (error) {
    if (error.code === 'ENOENT') throw new Error('docker could not be run: it is not there.', { cause: error });
    throw new Error(`The image ${tag} could not be built:\n${error.stdout}${error.stderr}`, { cause: error });
  }
  console.log(`${tag}  ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Arguments of the images that take programs out of others. */
function borrowed(name, tag) {
  if (name === 'nats') return { NATS_IMAGE: options['nats-image'], NATS_BINARY: options['nats-binary'] };
  if (name !== 'cli') return {};
  const binaries = { DOCKER_BINARY: options['docker-binary'], COMPOSE_BINARY: options['compose-binary'] };
  return { DOCKER_IMAGE: options['docker-image'], ...binaries, IMAGE: tag };
}

/** Copies a built folder, or a package with native code and what it loads, into the context. */
function stage(context, { from, native, to }) {
  if (native) {
    const require = createRequire(join(root, 'package.json'));
    const found = dirname(require.resolve(`${native}/package.json`));
    const scope = dirname(found);
    const target = join(context, to, 'node_modules', native.split('/')[0]);
    // The package itself and its binaries for this machine's platform, which npm installed beside it.
    for (const folder of readdirSync(scope).filter((one) => join(scope, one).startsWith(found))) {
      cpSync(join(scope, folder), join(target, folder), { recursive: true });
    }
    return;
  }
  const source = join(root, from);
  if (!existsSync(source)) fail(`${from} is not there; run this without --as-built.`);
  cpSync(source, join(context, to), { recursive: true });
}
