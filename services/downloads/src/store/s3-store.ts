import { createHash } from 'node:crypto';
import { AppError } from '@muster/contracts';
import { AwsClient } from 'aws4fetch';
import { PackageStore } from './package-store';

export interface S3Options {
  /** The bucket, with a prefix where wanted: `https://s3.example.com/packages/muster`. */
  url: string;
  region: string;
  accessKey: string;
  secretKey: string;
}

const RETRIES = 3;
const TIMEOUT_MS = 30_000;

/** Pieces as objects of a bucket, with a service that speaks S3 (path-style addresses, Signature Version 4). */
export class S3Store extends PackageStore {
  private readonly client: AwsClient;
  private readonly base: string;
  private wrote = false;

  constructor({ url, region, accessKey, secretKey }: S3Options) {
    super();
    this.base = url.replace(/\/+$/, '');
    const keys = { accessKeyId: accessKey, secretAccessKey: secretKey };
    this.client = new AwsClient({ ...keys, region, service: 's3', retries: RETRIES });
  }

  async put(folder: string, number: number, bytes: Buffer): Promise<void> {
    // Signed with the rest, so that what the bucket keeps is what was sent.
    const headers = { 'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex') };
    const answer = await this.call('PUT', this.address(folder, number), { body: new Uint8Array(bytes), headers });
    await answer.body?.cancel();
    if (!answer.ok) throw unavailable(`PUT was answered with ${answer.status}`);
  }

  async *read(folder: string, number: number, from: number, to: number): AsyncGenerator<Buffer> {
    const answer = await this.call('GET', this.address(folder, number), { headers: { range: `bytes=${from}-${to}` } });
    if (answer.status !== 206 || !answer.body) {
      await answer.body?.cancel();
      throw new Error(`the store answered with ${answer.status} for piece ${number} of ${folder}`);
    }
    for await (const bytes of answer.body) yield Buffer.from(bytes);
  }

  async remove(folder: string, count: number): Promise<void> {
    for (let number = 0; number < count; number++) {
      const answer = await this.call('DELETE', this.address(folder, number));
      await answer.body?.cancel();
      if (!answer.ok && answer.status !== 404) throw unavailable(`DELETE was answered with ${answer.status}`);
    }
  }

  /** Writes an object of its own once, and then looks whether it can still be read: both are rights that it needs. */
  async writable(): Promise<boolean> {
    try {
      const answer = this.wrote
        ? await this.call('HEAD', `${this.base}/-probe`)
        : await this.call('PUT', `${this.base}/-probe`, { body: 'muster' });
      await answer.body?.cancel();
      this.wrote ||= answer.ok;
      return answer.ok;
    } catch {
      return false;
    }
  }

  private address(folder: string, number: number): string {
    return `${this.base}/${folder}/${number}`;
  }

  private async call(method: string, url: string, given: RequestInit = {}): Promise<Response> {
    // Only until the answer begins: a slow reader is not the store's fault.
    const slow = new AbortController();
    const timer = setTimeout(() => slow.abort(), TIMEOUT_MS);
    try {
      return await this.client.fetch(url, { method, signal: slow.signal, ...given });
    } catch (error) {
      throw unavailable(`${method} failed`, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

const unavailable = (what: string, cause?: unknown): AppError =>
  new AppError('unavailable', `The package store cannot be used now: ${what}.`, { cause });
