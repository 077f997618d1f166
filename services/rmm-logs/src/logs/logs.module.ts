import { Module } from '@nestjs/common';
import { LiveModule } from '../live/live.module';
import { MetricsModule } from '../metrics/metrics.module';
import { RetentionModule } from '../retention/retention.module';
import { LogStore } from './log-store';
import { LogsConsumer } from './logs.consumer';
import { LogsController } from './logs.controller';

@Module({
  imports: [LiveModule, MetricsModule, RetentionModule],
  controllers: [LogsController],
  providers: [LogStore, LogsConsumer],
})
export class LogsModule {}
