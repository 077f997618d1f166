import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import { packageCheck, type RouteCall } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { EnrolmentSettings } from '../installers/enrolment-settings';
import { KeyDoor } from '../installers/key-door';
import { PackageChecks } from './package-checks';
import { Packages } from './packages.service';

/** What an administrator checks a package by, before it is handed on. */
@Controller()
export class PackageChecksController {
  constructor(
    private readonly door: KeyDoor,
    private readonly packages: Packages,
    private readonly settings: EnrolmentSettings,
    private readonly checks: PackageChecks,
  ) {}

  @Handles(packageCheck)
  async check({ params, address, reply }: RouteCall<typeof packageCheck>): Promise<Readable> {
    const { key, file } = params;
    await this.door.pass(key, address);
    const pieces = await this.packages.build(file, { key, config: await this.settings.read() });
    const bytes = await this.checks.of(pieces, { ...params, address });
    reply.setHeader('content-length', String(bytes.length));
    reply.setHeader('cache-control', 'private, no-store');
    return Readable.from([bytes], { objectMode: false });
  }
}
