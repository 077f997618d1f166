import { Module } from '@nestjs/common';
import { LiveModule } from '../live/live.module';
import { MetricsModule } from '../metrics/metrics.module';
import { LogStore } from './log-store';
import { LogsConsumer } from './logs.consumer';
import { LogsController } from './logs.controller';

@Module({
  imports: [LiveModule, MetricsModule],
  controllers: [LogsController],
  providers: [LogStore, LogsConsumer],
})
export class LogsModule {}
