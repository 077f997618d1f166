import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type S3Keys, signatureFault } from './signature-v4';

/** A bucket in memory that speaks as much S3 as a store of packages needs, and refuses what is not rightly signed. */
export class S3Server {
  readonly keys: S3Keys = { region: 'eu-central-1', accessKey: 'AKIATEST', secretKey: 'secret/of+the=tests' };
  readonly objects = new Map<string, Buffer>();
  /** Codes of the errors that were answered. */
  readonly refused: string[] = [];
  /** So many requests are answered with 503 first. */
  busy = 0;
  /** Changes what arrives before it is looked at, as somebody on the way could. */
  tamper: (body: Buffer) => Buffer = (body) => body;
  private readonly server: Server = createServer((request, response) => {
    this.take(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  static async start(): Promise<S3Server> {
    const made = new S3Server();
    await new Promise<void>((resolve) => made.server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  /** With a prefix that has to be encoded. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/bucket/our%20packages`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const body = this.tamper(Buffer.concat(pieces));
    const { method = '', url: target = '', headers } = request;
    if (this.busy-- > 0) return this.refuse(response, 503, 'SlowDown');
    const fault = signatureFault({ method, target, headers, body }, this.keys);
    if (fault) return this.refuse(response, fault === 'XAmzContentSHA256Mismatch' ? 400 : 403, fault);
    if (method === 'PUT') {
      this.objects.set(target, body);
      return void response.writeHead(200).end();
    }
    if (method === 'DELETE') {
      this.objects.delete(target);
      return void response.writeHead(204).end();
    }
    const found = this.objects.get(target);
    if (!found) return this.refuse(response, 404, 'NoSuchKey');
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    if (from === undefined) return void response.writeHead(200).end(method === 'HEAD' ? undefined : found);
    response.writeHead(206).end(found.subarray(Number(from), Number(to) + 1));
  }

  private refuse(response: ServerResponse, status: number, code: string): void {
    this.refused.push(code);
    response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`);
  }
}
