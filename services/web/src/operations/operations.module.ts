import { Module } from '@nestjs/common';
import { WebConfig } from '../config';
import { LiveModule } from '../live/live.module';
import { CancelService } from './cancel.service';
import { OperationsController } from './operations.controller';
import { OperationsConfig } from './operations.config';
import { RunProcedureService } from './run-procedure.service';
import { Signing } from './signing';
import { WakeUps } from './wake-ups';

/** What both faces need to change operations. */
@Module({
  providers: [WakeUps, { provide: OperationsConfig, useExisting: WebConfig }],
  exports: [WakeUps, OperationsConfig],
})
export class OperationsCoreModule {}

/** Operations as people ask for them and read them: the manager face. */
@Module({
  imports: [OperationsCoreModule, LiveModule],
  controllers: [OperationsController],
  providers: [CancelService, RunProcedureService, Signing],
})
export class OperationsModule {}
