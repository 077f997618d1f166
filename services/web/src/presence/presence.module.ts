import { Module } from '@nestjs/common';
import { DirectoryModule } from '../devices/devices.module';
import { LeasesModule } from '../leases/leases.module';
import { LiveModule } from '../live/live.module';
import { BrokerNodes } from './broker-nodes';
import { ContactNotes } from './contact-notes';
import { Contacts } from './contacts';
import { PresenceConsumer } from './presence.consumer';
import { Presences } from './presence.service';
import { Snapshots } from './snapshots';
import { SweepSteps } from './sweep-steps';
import { Sweeper } from './sweeper';

/** Runs in every worker: events are shared out by the bus, and one of the workers sweeps. */
@Module({
  imports: [DirectoryModule, LeasesModule, LiveModule],
  providers: [BrokerNodes, ContactNotes, Contacts, PresenceConsumer, Presences, Snapshots, Sweeper, SweepSteps],
})
export class PresenceModule {}
