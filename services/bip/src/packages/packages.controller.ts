import type { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import { installerPackage, listInstallers, type RouteCall, type RouteReply } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { EnrolmentSettings } from '../installers/enrolment-settings';
import { KeyDoor } from '../installers/key-door';
import { Downloads } from './downloads';
import { Offers } from './offers';
import { Packages } from './packages.service';
import { bytesOf } from './pieces';

/** Packages that an administrator downloads with a key, and the list of what there is. */
@Controller()
export class PackagesController {
  constructor(
    private readonly door: KeyDoor,
    private readonly offers: Offers,
    private readonly packages: Packages,
    private readonly settings: EnrolmentSettings,
    private readonly downloads: Downloads,
  ) {}

  @Handles(listInstallers)
  async list({ params, address }: RouteCall<typeof listInstallers>): Promise<RouteReply<typeof listInstallers>> {
    await this.door.pass(params.key, address);
    return this.offers.list();
  }

  @Handles(installerPackage)
  async file({ params, address, reply }: RouteCall<typeof installerPackage>): Promise<Readable> {
    await this.door.pass(params.key, address);
    const pieces = await this.packages.build(params.file, { key: params.key, config: await this.settings.read() });
    const stream = this.downloads.start(pieces);
    reply.setHeader('content-length', String(bytesOf(pieces)));
    reply.setHeader('content-disposition', `attachment; filename="${params.file}"`);
    reply.setHeader('cache-control', 'private, no-store'); // there is a registration key inside
    return stream;
  }
}
