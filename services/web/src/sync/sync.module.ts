import { Module } from '@nestjs/common';
import { EndpointMapModule } from '../endpoint-map/endpoint-map.module';
import { LiveModule } from '../live/live.module';
import { OperationWorkModule } from '../operations/operations.module';
import { FactsIntake } from './facts-intake';
import { SyncController } from './sync.controller';
import { SyncService } from './sync.service';

/** What devices call about operations, and the work that goes with it: the worker face. */
@Module({
  imports: [EndpointMapModule, LiveModule, OperationWorkModule],
  controllers: [SyncController],
  providers: [FactsIntake, SyncService],
})
export class SyncModule {}
