import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module';
import { RetentionModule } from '../retention/retention.module';
import { RollingUp } from './rolling-up.service';
import { SampleStore } from './sample-store';
import { SamplesConsumer } from './samples.consumer';
import { SamplesController } from './samples.controller';

@Module({
  imports: [MetricsModule, RetentionModule],
  controllers: [SamplesController],
  providers: [SampleStore, SamplesConsumer, RollingUp],
})
export class SamplesModule {}
