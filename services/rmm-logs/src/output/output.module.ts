import { Module } from '@nestjs/common';
import { LiveModule } from '../live/live.module';
import { MetricsModule } from '../metrics/metrics.module';
import { RetentionModule } from '../retention/retention.module';
import { OutputStore } from './output-store';
import { MergedDevicesConsumer } from './merged-devices.consumer';
import { OutputConsumer } from './output.consumer';
import { OutputController } from './output.controller';

@Module({
  imports: [LiveModule, MetricsModule, RetentionModule],
  controllers: [OutputController],
  providers: [OutputStore, OutputConsumer, MergedDevicesConsumer],
})
export class OutputModule {}
