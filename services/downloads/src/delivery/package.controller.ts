import { Controller } from '@nestjs/common';
import { AppError, downloadPackage, type RouteCall } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { folderOf } from '../releases/folder';
import { Offers } from '../roll-outs/offers.service';
import { Deliveries } from './deliveries';
import { askedRange } from './ranges';

@Controller()
export class PackageController {
  constructor(
    private readonly offers: Offers,
    private readonly deliveries: Deliveries,
  ) {}

  @Handles(downloadPackage)
  async download({ principal, params, headers, reply }: RouteCall<typeof downloadPackage>) {
    const release = await this.offers.offeredTo(principal, params.id);
    if (!release) throw new AppError('not-found', 'This package is not offered to this device now.');
    const length = Number(release.sizeBytes);
    const etag = `"${release.sha256}"`;
    const asked = askedRange(headers, etag, length);
    reply.setHeader('accept-ranges', 'bytes');
    reply.setHeader('etag', etag);
    // What lies between must not change a byte, or the digest would not fit.
    reply.setHeader('cache-control', 'private, no-transform');
    if (asked.kind === 'unsatisfiable') {
      reply.setHeader('content-range', `bytes */${length}`);
      throw new AppError('range-not-satisfiable', `The package has ${length} bytes.`);
    }
    const range = asked.kind === 'part' ? asked : { from: 0, to: length - 1 };
    const stream = this.deliveries.open(folderOf(release), range);
    if (asked.kind === 'part') reply.setHeader('content-range', `bytes ${range.from}-${range.to}/${length}`);
    reply.setHeader('content-length', String(range.to - range.from + 1));
    return stream;
  }
}
