import { Module } from '@nestjs/common';
import { Health } from '@muster/service-kit';
import { ServiceDatabaseModule } from '@muster/service-kit/database';
import { DownloadsConfig } from './config';
import { Deliveries } from './delivery/deliveries';
import { PackageController } from './delivery/package.controller';
import { PartialContent } from './delivery/partial-content';
import { Releases } from './releases/releases.service';
import { ReleasesController } from './releases/releases.controller';
import { Uploads } from './releases/uploads.service';
import { DeviceReleasesController } from './roll-outs/device-releases.controller';
import { Hints } from './roll-outs/hints.service';
import { Offers } from './roll-outs/offers.service';
import { Outcomes } from './roll-outs/outcomes.service';
import { RetiredDevicesConsumer } from './roll-outs/retired-devices.consumer';
import { DOWNLOADS_SCHEMA } from './schema';
import { openStore } from './store/open-store';
import { PackageStore } from './store/package-store';

/** Releases of the agent: taken in from people, rolled out, delivered to devices. */
@Module({
  imports: [ServiceDatabaseModule.forService(DOWNLOADS_SCHEMA)],
  controllers: [ReleasesController, DeviceReleasesController, PackageController],
  providers: [
    { provide: PackageStore, inject: [DownloadsConfig], useFactory: openStore },
    ...[Uploads, Releases, Offers, Outcomes, Hints, RetiredDevicesConsumer, Deliveries, PartialContent],
  ],
})
export class AppModule {
  constructor(health: Health, store: PackageStore) {
    health.add('package-store', () => store.writable());
  }
}
