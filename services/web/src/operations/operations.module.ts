import { Module } from '@nestjs/common';
import { DirectoryModule } from '../devices/devices.module';
import { LeasesModule } from '../leases/leases.module';
import { LiveModule } from '../live/live.module';
import { CancelService } from './cancel.service';
import { NotifiedConsumer } from './notified.consumer';
import { OperationNews } from './operation-news';
import { OperationRetention } from './operation-retention';
import { OperationWork } from './operation-work';
import { OperationsController } from './operations.controller';
import { RunProcedureService } from './run-procedure.service';
import { Signing } from './signing';
import { OperationSweeper } from './sweeper.service';
import { WakeUps } from './wake-ups';

/** Operations as people ask for them and read them: the manager face. */
@Module({
  imports: [LiveModule],
  controllers: [OperationsController],
  providers: [CancelService, OperationNews, RunProcedureService, Signing, WakeUps],
})
export class OperationsModule {}

/** What happens to operations without anybody asking: the worker face. */
@Module({
  imports: [LiveModule, LeasesModule, DirectoryModule],
  providers: [NotifiedConsumer, OperationRetention, OperationSweeper, OperationWork, WakeUps],
  exports: [OperationSweeper],
})
export class OperationWorkModule {}
