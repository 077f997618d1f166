import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fsyncSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { downloadPackage, type ReleaseManifest } from '@muster/contracts';
import { type FunctionServerParts, pathPrefix } from '../net/function-server';
import { DialAgent, HttpFailure } from '../net/http-client';
import { cutFile, removeFile, writeAll } from '../state/files';

type Connection = FunctionServerParts & { signal: AbortSignal };
const IDLE_MS = 60_000;
const AGAIN_MS = 1000;

/** The server has something else than what was signed, or does not have it any more. */
export class PackageFault extends Error {}

/**
 * Fetches the package of a release into a file, and goes on where an earlier try was cut off (RFC 9110, section 14): the
 * part that is there counts only if the server still has the same package, which `If-Range` asks. What it gives has the
 * length and digest that were signed.
 * @param folder holds packages and parts of them, named by their digests; others are removed
 * @returns the file
 * @throws PackageFault when trying again would not help; HttpFailure and Error when it may
 */
export async function fetchPackage(
  parts: FunctionServerParts,
  folder: string,
  releaseId: string,
  { sha256, sizeBytes }: Pick<ReleaseManifest, 'sha256' | 'sizeBytes'>,
  signal: AbortSignal,
): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, sha256);
  for (const name of readdirSync(folder)) if (name !== sha256) removeFile(join(folder, name));
  if (sizeOf(file) > sizeBytes) removeFile(file);
  while (sizeOf(file) !== sizeBytes) {
    const before = sizeOf(file);
    try {
      await fetchRest({ ...parts, signal }, file, releaseId, sha256, sizeBytes);
    } catch (error) {
      const final = error instanceof PackageFault || error instanceof HttpFailure || signal.aborted;
      // As long as each try brings something, the next one goes on soon.
      if (final || sizeOf(file) <= before) throw error;
      await sleep(AGAIN_MS, undefined, { signal });
    }
  }
  if ((await digestOf(file)) === sha256) return file;
  removeFile(file);
  throw new PackageFault('its package is not the one whose digest was signed');
}

async function fetchRest(
  parts: Connection,
  file: string,
  releaseId: string,
  sha256: string,
  sizeBytes: number,
): Promise<void> {
  const descriptor = openSync(file, 'a', 0o600);
  try {
    let have = sizeOf(file);
    const range: Record<string, string> = have > 0 ? { range: `bytes=${have}-`, 'if-range': `"${sha256}"` } : {};
    const response = await get(parts, downloadPackage.path.replace(':id', releaseId), range);
    try {
      if (response.statusCode === 416) {
        cutFile(file, 0);
        throw new Error('the server has no more of the package: beginning anew');
      }
      if (response.statusCode === 200) {
        cutFile(file, 0);
        have = 0;
      } else if (response.headers['content-range'] !== `bytes ${have}-${sizeBytes - 1}/${sizeBytes}`) {
        throw new PackageFault('its package has another length than was signed');
      }
      for await (const bytes of response as AsyncIterable<Buffer>) {
        have += bytes.length;
        if (have > sizeBytes) throw new PackageFault('its package is longer than was signed');
        writeAll(descriptor, bytes);
      }
      // A proxy that cuts off and ends properly leaves a part that is gone on with.
      if (have < sizeBytes) throw new Error(`the package was cut off after ${have} of ${sizeBytes} bytes`);
      fsyncSync(descriptor);
    } finally {
      response.destroy();
    }
  } catch (error) {
    if (error instanceof PackageFault) removeFile(file);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** @throws HttpFailure for an answer other than 200, 206 or 416 */
function get(
  { dialler, trust, identity, signal }: Connection,
  path: string,
  headers: Record<string, string>,
): Promise<IncomingMessage> {
  const endpoints = trust.endpoints('downloads');
  const agent = new DialAgent(dialler, endpoints, identity.credential);
  const [first] = endpoints;
  return new Promise((resolve, reject) => {
    const call = request({
      path: pathPrefix(first?.path) + path,
      agent,
      host: first?.hostName,
      port: first?.port,
      headers: { ...headers, 'accept-encoding': 'identity' },
      signal,
    });
    call.setTimeout(IDLE_MS, () => call.destroy(new Error(`nothing came for ${IDLE_MS} ms`)));
    call.on('error', (error) => {
      agent.destroy();
      reject(error);
    });
    call.on('response', (response) => {
      response.once('close', () => agent.destroy());
      const status = response.statusCode ?? 0;
      if ([200, 206, 416].includes(status)) return resolve(response);
      response.destroy();
      reject(new HttpFailure(status, '', 'the package is not given'));
    });
    call.end();
  });
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file) as AsyncIterable<Buffer>) hash.update(bytes);
  return hash.digest('hex');
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
