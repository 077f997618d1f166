import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { AppError, PIECE_BYTES } from '@muster/contracts';
import { Metrics } from '@muster/service-kit';
import { DownloadsConfig } from '../config';
import { PackageStore } from '../store/package-store';
import { Pace, paced } from './pace';
import type { ByteRange } from './ranges';

const RETRY_SECONDS = 30;

/** Sends packages, as fast and as many at once as the configuration allows. */
@Injectable()
export class Deliveries {
  private readonly all: Pace;
  private readonly bytes;
  private running = 0;

  constructor(
    private readonly store: PackageStore,
    private readonly config: DownloadsConfig,
    metrics: Metrics,
  ) {
    this.all = new Pace(config.BYTES_PER_SECOND_ALL);
    this.bytes = metrics.counter('muster_downloads_bytes_total', 'Bytes of packages that were sent.', []);
    metrics.gauge('muster_downloads_running', 'Packages that are being sent.', [], (gauge) => gauge.set(this.running));
  }

  /** @throws AppError `unavailable` when as many as allowed are being sent */
  open(folder: string, range: ByteRange): Readable {
    if (this.running >= this.config.DOWNLOADS_AT_ONCE) {
      throw new AppError('unavailable', 'Enough packages are being sent now. Come again later.', {
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
    this.running += 1;
    const gone = new AbortController();
    const each = new Pace(this.config.BYTES_PER_SECOND_EACH);
    const bytes = paced(this.counted(readPackage(this.store, folder, range)), [each, this.all], gone.signal);
    const stream = Readable.from(bytes, { objectMode: false, highWaterMark: 64 * 1024 });
    stream.once('close', () => {
      this.running -= 1;
      gone.abort();
    });
    return stream;
  }

  private async *counted(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const bytes of source) {
      this.bytes.inc(bytes.length);
      yield bytes;
    }
  }
}

/** A range of a package, out of its pieces. @throws Error when a piece is shorter than it was: nothing is filled in */
export async function* readPackage(
  store: PackageStore,
  folder: string,
  { from, to }: ByteRange,
): AsyncGenerator<Buffer> {
  let left = to - from + 1;
  for (let number = Math.floor(from / PIECE_BYTES); number * PIECE_BYTES <= to; number++) {
    const start = number * PIECE_BYTES;
    const piece = store.read(folder, number, Math.max(0, from - start), Math.min(PIECE_BYTES - 1, to - start));
    for await (const bytes of piece) {
      left -= bytes.length;
      yield bytes;
    }
  }
  if (left !== 0) throw new Error(`the package ${folder} lacks ${left} bytes`);
}
