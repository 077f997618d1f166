/**
 * Packs a built agent, has it signed and uploads it as a release; rolling it out is done in the console, or with --channel.
 *
 *   node tools/publish-release.mjs --url https://itsm.example.com --ca ca.crt [--folder agent/dist] [--version 1.2.0]
 *     [--address 192.0.2.1] [--platform any] [--channel beta --percentage 10] [--downgrade-from 1.3.0]…
 *   node tools/publish-release.mjs --pack FOLDER [--key release.key --certificate release.crt] [--folder agent/dist]
 *     [--platform any] [--downgrade-from 1.3.0]…
 *   node tools/publish-release.mjs --url https://itsm.example.com --ca ca.crt --signed FOLDER/signed.json --package FOLDER/package.tar.gz
 *
 * The version is the one that the build says of itself in its package.json; --version has to be the same.
 * The API token (permission releases.write) is read from MUSTER_TOKEN. Without --signed the key manager signs, for the token's
 * organisation. --pack asks nobody: it writes package.tar.gz, manifest.json and, with the release key, signed.json, which is
 * `{payload, signature, delegation}` of the very bytes of the manifest; who keeps the key elsewhere makes that there.
 * --address is for where DNS does not know the host.
 */
import { execFileSync } from 'node:child_process';
import { createHash, sign } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** As in libs/contracts/src/releases/releases.ts. */
const PIECE_BYTES = 4 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    ...Object.fromEntries(
      [
        'url',
        'address',
        'ca',
        'version',
        'folder',
        'platform',
        'pack',
        'key',
        'certificate',
        'package',
        'signed',
        'channel',
        'percentage',
      ].map((name) => [name, { type: 'string' }]),
    ),
    'downgrade-from': { type: 'string', multiple: true },
  },
});
const token = process.env.MUSTER_TOKEN;
const online = !values.pack;
if ((online && (!values.url || !token || (values.package && !values.signed))) || (values.key && !values.certificate)) {
  console.error(
    readFileSync(new URL(import.meta.url), 'utf8')
      .match(/\/\*\*([^]*?)\*\//)[1]
      .replaceAll(/^ \* ?/gm, ''),
  );
  process.exit(2);
}
const ca = values.ca ? readFileSync(values.ca) : undefined;
const lookup = values.address && {
  lookup: (_host, { all }, done) => {
    const found = { address: values.address, family: isIP(values.address) };
    if (all) done(null, [found]);
    else done(null, found.address, found.family);
  },
};

function call(method, path, body) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { authorization: `Bearer ${token}`, ...(text && { 'content-type': 'application/json' }) };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, values.url), { method, headers, ca, ...lookup }, async (response) => {
      const pieces = [];
      for await (const piece of response) pieces.push(piece);
      const answer = Buffer.concat(pieces).toString();
      if (response.statusCode >= 200 && response.statusCode < 300) return resolve(JSON.parse(answer || '{}'));
      reject(new Error(`${method} ${path}: ${response.statusCode} ${answer.slice(0, 500)}`));
    });
    sent.once('error', reject);
    sent.end(text);
  });
}

/** What the launcher needs of a build: its program, and what lies beside it; not the launcher, which stays as it is. */
function pack(folder, work) {
  if (!existsSync(join(folder, 'main.mjs'))) throw new Error(`${folder} holds no main.mjs: build the agent first`);
  // Devices report what the program says of itself: another name for it would look as if the update had come to nothing.
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if ((values.version ?? version) !== version)
    throw new Error(`${folder} is version ${version}, not ${values.version}`);
  const staged = join(work, 'version');
  cpSync(folder, staged, { recursive: true, filter: (source) => !source.endsWith('launcher.mjs') });
  const file = join(work, 'package.tar.gz');
  execFileSync('tar', ['--format=ustar', '--owner=0', '--group=0', '-czf', file, '-C', staged, '.']);
  const names = readdirSync(staged, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const unpackedBytes = names.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  return { bytes: readFileSync(file), unpackedBytes, version };
}

/** The text to sign. */
function manifestOf({ bytes, unpackedBytes, version }) {
  return JSON.stringify({
    purpose: 'release',
    product: 'muster-agent',
    version,
    platform: values.platform ?? 'any',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.length,
    unpackedBytes,
    issuedAt: new Date().toISOString(),
    ...(values['downgrade-from'] ? { downgradeFrom: values['downgrade-from'] } : {}),
  });
}

function keep(folder, packed) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.tar.gz'), packed.bytes);
  const payload = manifestOf(packed);
  writeFileSync(join(folder, 'manifest.json'), payload);
  if (!values.key) return console.log(`package.tar.gz and manifest.json, which is to be signed, are in ${folder}`);
  const signature = sign('sha256', Buffer.from(payload), readFileSync(values.key)).toString('base64');
  const delegation = readFileSync(values.certificate, 'utf8').match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n?/g);
  writeFileSync(join(folder, 'signed.json'), JSON.stringify({ payload, signature, delegation }));
  console.log(`package.tar.gz and signed.json are in ${folder}`);
}

async function publish(packed) {
  const manifest = values.signed
    ? JSON.parse(readFileSync(values.signed, 'utf8'))
    : await call('POST', '/downloads/releases/signature', { payload: manifestOf(packed) });
  const { id } = await call('POST', '/downloads/releases', { manifest });
  for (let number = 0; number * PIECE_BYTES < packed.bytes.length; number++) {
    const data = packed.bytes.subarray(number * PIECE_BYTES, (number + 1) * PIECE_BYTES).toString('base64');
    const { receivedBytes, sizeBytes } = await call('PUT', `/downloads/releases/${id}/package`, { number, data });
    console.log(`uploaded ${receivedBytes} of ${sizeBytes} bytes`);
  }
  if (values.channel) {
    await call('PUT', `/downloads/releases/${id}/roll-out`, {
      channel: values.channel,
      percentage: Number(values.percentage ?? 10),
      mostAtOnce: 100,
      stop: { failures: 5, sharePercent: 5, shareAfter: 20 },
    });
  }
  console.log(`release ${id} is ${values.channel ? 'being rolled out' : 'ready'}`);
}

const work = mkdtempSync(join(tmpdir(), 'muster-release-'));
try {
  const packed = values.package ? { bytes: readFileSync(values.package) } : pack(values.folder ?? 'agent/dist', work);
  if (values.pack) keep(values.pack, packed);
  else await publish(packed);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
