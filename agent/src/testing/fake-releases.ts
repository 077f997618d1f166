import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  AskRelease,
  parse,
  type ReleaseManifest,
  type Signed,
  UpdateOutcome,
  type WantedRelease,
} from '@muster/contracts';

/** The part of the suite that offers releases, with the faults that a test asks for. */
export class FakeReleases {
  wanted?: WantedRelease;
  bytes: Buffer = Buffer.alloc(0);
  /** So many bytes of each of the next deliveries, after which the connection breaks. */
  readonly cuts: number[] = [];
  readonly asked: AskRelease[] = [];
  readonly outcomes: Array<UpdateOutcome & { releaseId: string }> = [];
  /** `Range` of each delivery, `whole` where there was none. */
  readonly deliveries: string[] = [];
  askAgainSeconds = 1;
  /** Called with each question. */
  onAsk: () => void = () => undefined;

  /** A manifest for these bytes, which are delivered from now on. */
  manifest(bytes: Buffer, changes: Partial<ReleaseManifest> = {}): ReleaseManifest {
    this.bytes = bytes;
    return {
      ...{ purpose: 'release', product: 'muster-agent', version: '1.3.0', platform: 'any' },
      ...{ sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length },
      ...{ unpackedBytes: 10_000_000, issuedAt: new Date().toISOString(), ...changes },
    };
  }

  want(manifest: Signed, greenWithinSeconds = 60): string {
    const releaseId = randomUUID();
    this.wanted = { releaseId, manifest, greenWithinSeconds };
    return releaseId;
  }

  /** @returns whether the address is one of these */
  answer(request: IncomingMessage, body: unknown, response: ServerResponse): boolean {
    const [, id, what] = /^\/releases\/([^/]+)(?:\/(package|outcome))?$/.exec(request.url ?? '') ?? [];
    if (id === undefined) return false;
    if (id === 'wanted') this.ask(parse(AskRelease, body, { unknown: 'refuse' }), response);
    else if (what === 'outcome') {
      this.outcomes.push({ releaseId: id, ...parse(UpdateOutcome, body, { unknown: 'refuse' }) });
      response.writeHead(202).end();
    } else if (what === 'package' && id === this.wanted?.releaseId) this.deliver(request, response);
    else response.writeHead(404).end();
    return true;
  }

  private ask(asked: AskRelease, response: ServerResponse): void {
    this.asked.push(asked);
    this.onAsk();
    // As the suite: what a device has is not offered to it again.
    const has = this.outcomes.some(
      ({ releaseId, outcome }) => releaseId === this.wanted?.releaseId && outcome === 'installed',
    );
    const release = this.wanted && !has ? { release: this.wanted } : {};
    response.end(JSON.stringify({ ...release, askAgainSeconds: this.askAgainSeconds }));
  }

  private deliver({ headers }: IncomingMessage, response: ServerResponse): void {
    this.deliveries.push(headers.range ?? 'whole');
    const etag = `"${createHash('sha256').update(this.bytes).digest('hex')}"`;
    const from = headers['if-range'] === etag ? Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0) : 0;
    const length = this.bytes.length;
    const part = from > 0 ? { 'content-range': `bytes ${from}-${length - 1}/${length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { ...part, etag, 'content-length': length - from });
    const cut = this.cuts.shift();
    if (cut === undefined) return void response.end(this.bytes.subarray(from));
    response.write(this.bytes.subarray(from, from + cut), () => setTimeout(() => response.destroy(), 50));
  }
}
