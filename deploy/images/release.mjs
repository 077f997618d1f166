/**
 * Packs built images as a release of the suite that `muster upgrade` takes; `node deploy/images/release.mjs --help`. Plain
 * Node.js without dependencies.
 */
import { spawnSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { fail, root } from '../../tools/prepare.mjs';

const USAGE = `usage: node deploy/images/release.mjs --key FILE --out FOLDER [options]
       node deploy/images/release.mjs --new-key FILE

  --key FILE           Ed25519 private key that signs (PEM); keep it off machines that build
  --out FOLDER         where the release is written; must not be there yet
  --prefix NAME        of the images; default muster
  --version VERSION    default: that of package.json
  --oldest-from VERSION  the oldest version from which one may upgrade to this one; default: the same version
  --migrations FILE    JSON, names by schema; default: those of the services (cli/src/checks/known-migrations.ts)
  --no-archives        without the images: servers get them from a registry
  --new-key FILE       makes a key, and its public half as FILE.pub
  --help

The Docker engine is the one that DOCKER_HOST names.`;

/** The image of the command, in no compose file: servers without Node.js have no other command. */
const COMMAND = 'cli';
/** What runs it there. */
const WRAPPER = 'compose/muster';

const { values: options } = parseArgs({
  options: {
    key: { type: 'string' },
    out: { type: 'string' },
    prefix: { type: 'string', default: 'muster' },
    version: { type: 'string', default: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version },
    'oldest-from': { type: 'string' },
    migrations: { type: 'string' },
    'no-archives': { type: 'boolean', default: false },
    'new-key': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
if (options['new-key']) makeKey(options['new-key']);
else if (options.key && options.out) await makeRelease(options.out, createPrivateKey(readFileSync(options.key)));
else fail(USAGE);

function makeKey(file) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  writeFileSync(`${file}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), { flag: 'wx' });
  console.log(`${file} signs releases; servers trust ${file}.pub.`);
}

async function makeRelease(out, key) {
  if (existsSync(out)) fail(`${out} is there already.`);
  if (key.asymmetricKeyType !== 'ed25519') fail('The key that signs must be an Ed25519 key.');
  mkdirSync(out, { recursive: true });
  const servers = ['itsm', 'xmpp'].map((server) => ({ server, images: [...imagesOf(server), COMMAND] }));
  const files = [];
  for (const path of [...servers.map(({ server }) => `compose/${server}/docker-compose.yml`), WRAPPER]) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    copyFileSync(join(root, path), join(out, path));
    files.push({ path, ...(await digestOf(join(out, path))) });
  }
  const archives = options['no-archives'] ? [] : await saveImages(out, servers);
  const payload = JSON.stringify({
    purpose: 'suite-release',
    product: 'muster',
    version: options.version,
    oldestFrom: options['oldest-from'] ?? options.version,
    images: [...new Set(servers.flatMap(({ images }) => images))].map((name) => ({
      name,
      fingerprint: fingerprintOf(name),
    })),
    migrations: migrations(),
    files,
    archives,
  });
  const signature = sign(null, Buffer.from(payload), key).toString('base64');
  writeFileSync(join(out, 'release.json'), `${JSON.stringify({ payload, signature })}\n`);
  addPrograms(out, key);
  console.log(`${out} is the release ${options.version}.`);
}

async function saveImages(out, servers) {
  const archives = [];
  for (const { server, images } of servers) {
    const path = `images-${server}.tar`;
    docker('save', '--output', join(out, path), ...images.map(tagged));
    archives.push({ server, path, ...(await digestOf(join(out, path))) });
  }
  return archives;
}

/** What runs the upgrade, with the public half of the key for servers that trust nobody yet. */
function addPrograms(out, key) {
  if (existsSync(join(root, 'cli/dist/main.mjs')))
    cpSync(join(root, 'cli/dist'), join(out, 'cli'), { recursive: true });
  cpSync(join(root, 'certs-templates'), join(out, 'certs-templates'), { recursive: true });
  mkdirSync(join(out, 'cli'), { recursive: true });
  writeFileSync(join(out, 'cli/release-key.pem'), createPublicKey(key).export({ type: 'spki', format: 'pem' }));
}

function tagged(name) {
  return `${options.prefix}/${name}:${options.version}`;
}

/** Those that a server's compose file names. */
function imagesOf(server) {
  const text = readFileSync(join(root, `compose/${server}/docker-compose.yml`), 'utf8');
  return [...new Set([...text.matchAll(/^\s+image:\s*\S*\/([a-z-]+):\$\{MUSTER_VERSION/gm)].map(([, name]) => name))];
}

/** As cli/src/upgrade/fingerprint.ts. */
function fingerprintOf(name) {
  const [{ RootFS, Config }] = JSON.parse(docker('image', 'inspect', tagged(name)));
  const { Entrypoint, Cmd, Env, User, WorkingDir } = Config;
  const what = [RootFS.Layers ?? [], Entrypoint ?? [], Cmd ?? [], Env ?? [], User ?? '', WorkingDir ?? ''];
  return createHash('sha256').update(JSON.stringify(what)).digest('hex');
}

function migrations() {
  const known = options.migrations
    ? Object.entries(JSON.parse(readFileSync(options.migrations, 'utf8')))
    : [
        ...readFileSync(join(root, 'cli/src/checks/known-migrations.ts'), 'utf8').matchAll(
          /^ {2}(\w+): \[([^\]]*)\]/gm,
        ),
      ].map(([, schema, names]) => [schema, [...names.matchAll(/'(\w+)'/g)].map(([, name]) => name)]);
  if (known.length === 0) fail('No migrations were found.');
  return known.map(([schema, names]) => ({ schema, names }));
}

async function digestOf(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { sha256: hash.digest('hex'), bytes: statSync(file).size };
}

function docker(...args) {
  const result = spawnSync('docker', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (result.error) fail(`docker could not be run: ${result.error.message}.`);
  if (result.status !== 0) fail(`docker ${args[0]} failed: ${result.stderr.trim()}`);
  return result.stdout;
}
