import { Module } from '@nestjs/common';
import { ReportLimitsModule, ServiceDatabaseModule } from '@muster/service-kit/database';
import { LogsModule } from './logs/logs.module';
import { OutputModule } from './output/output.module';
import { ReportsModule } from './reports/reports.module';
import { RetentionModule } from './retention/retention.module';
import { SamplesModule } from './samples/samples.module';
import { rmmLogsSchema } from './schema';

@Module({
  imports: [
    ServiceDatabaseModule.forService(rmmLogsSchema),
    ReportLimitsModule.forSchema(rmmLogsSchema.schema),
    RetentionModule,
    ReportsModule,
    SamplesModule,
    LogsModule,
    OutputModule,
  ],
})
export class AppModule {}
