import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { BipConfig } from '../bip.config';
import { type Piece, streamOf } from './pieces';

const COME_AGAIN_SECONDS = 10;

/** How many large files are under way: each holds a file open and some buffers. */
@Injectable()
export class Downloads {
  private underWay = 0;

  constructor(private readonly config: BipConfig) {}

  /** @throws AppError `unavailable` when there are as many as there may be */
  start(pieces: readonly Piece[]): Readable {
    if (this.underWay >= this.config.PACKAGE_DOWNLOADS_AT_ONCE)
      throw new AppError('unavailable', 'Too many packages are being sent just now. Try again in a moment.', {
        retryAfterSeconds: COME_AGAIN_SECONDS,
      });
    this.underWay++;
    return streamOf(pieces).once('close', () => this.underWay--);
  }
}
