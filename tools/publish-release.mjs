/**
 * Packs a built agent, has it signed and uploads it as a release; rolling it out is done in the console, or with --channel.
 *
 *   node tools/publish-release.mjs --url https://itsm.example.com --ca ca.crt --version 1.2.0 [--folder agent/dist]
 *     [--address 192.0.2.1] [--platform any] [--signed FILE] [--channel beta --percentage 10] [--downgrade-from 1.3.0]…
 *
 * The API token (permission releases.write) is read from MUSTER_TOKEN. Without --signed the key manager signs, for the token's
 * organisation. With it FILE holds `{payload, signature, delegation}` made where the release key is; the package must be
 * the one in it: --package FILE uploads a package that was packed before. --address is for where DNS does not know the host.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
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
      ['url', 'address', 'ca', 'version', 'folder', 'platform', 'package', 'signed', 'channel', 'percentage'].map(
        (name) => [name, { type: 'string' }],
      ),
    ),
    'downgrade-from': { type: 'string', multiple: true },
  },
});
const token = process.env.MUSTER_TOKEN;
if (!values.url || !token || !(values.version || values.signed)) {
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
  const staged = join(work, 'version');
  cpSync(folder, staged, { recursive: true, filter: (source) => !source.endsWith('launcher.mjs') });
  const file = join(work, 'package.tar.gz');
  execFileSync('tar', ['--format=ustar', '--owner=0', '--group=0', '-czf', file, '-C', staged, '.']);
  const names = readdirSync(staged, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const unpackedBytes = names.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  return { bytes: readFileSync(file), unpackedBytes };
}

async function manifestOf({ bytes, unpackedBytes }) {
  if (values.signed) return JSON.parse(readFileSync(values.signed, 'utf8'));
  const payload = JSON.stringify({
    purpose: 'release',
    product: 'muster-agent',
    version: values.version,
    platform: values.platform ?? 'any',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.length,
    unpackedBytes,
    issuedAt: new Date().toISOString(),
    ...(values['downgrade-from'] ? { downgradeFrom: values['downgrade-from'] } : {}),
  });
  return call('POST', '/downloads/releases/signature', { payload });
}

const work = mkdtempSync(join(tmpdir(), 'muster-release-'));
try {
  const packed = values.package ? { bytes: readFileSync(values.package) } : pack(values.folder ?? 'agent/dist', work);
  const { id } = await call('POST', '/downloads/releases', { manifest: await manifestOf(packed) });
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
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
