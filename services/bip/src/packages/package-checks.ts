import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { type PackageCheck, signPackage } from '@muster/contracts';
import { Downloads } from './downloads';
import type { Piece } from './pieces';

export interface AskedCheck {
  file: string;
  key: string;
  address: string;
  check: PackageCheck;
}

/** Digests of packages, and who vouches for them. */
@Injectable()
export class PackageChecks {
  constructor(
    private readonly bus: Bus,
    private readonly downloads: Downloads,
  ) {}

  /** @throws AppError `unavailable` with as many downloads as there may be, and without a release key on the server */
  async of(pieces: readonly Piece[], { file, key, address, check }: AskedCheck): Promise<Buffer> {
    const hash = createHash('sha256');
    // Counts as a download: it reads as much.
    for await (const bytes of this.downloads.start(pieces) as AsyncIterable<Buffer>) hash.update(bytes);
    const digest = `${hash.digest('hex')}  ${file}\n`;
    if (check === 'sha256') return Buffer.from(digest);
    const { signature, delegation } = await this.bus.request(signPackage, { key, address, digest });
    return check === 'sig' ? Buffer.from(signature, 'base64') : Buffer.from(delegation.join(''));
  }
}
