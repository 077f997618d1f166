import { Module } from '@nestjs/common';
import { ReportLimitsModule, ServiceDatabaseModule } from '@muster/service-kit/database';
import { AuditMetrics } from './audit-metrics';
import { Chain } from './chain/chain.service';
import { DeviceNames } from './chain/device-names';
import { DeviceNamesConsumer } from './chain/device-names.consumer';
import { FactsConsumer } from './facts/facts.consumer';
import { Forwarder } from './forwarding/forwarder';
import { ForwardingController } from './forwarding/forwarding.controller';
import { HeadsController } from './heads/heads.controller';
import { Heads } from './heads/heads.service';
import { AuditEntriesController } from './query/audit-entries.controller';
import { AuditReportedConsumer } from './reports/audit-reported.consumer';
import { AuditReportsController } from './reports/audit-reports.controller';
import { Retention } from './retention/retention';
import { auditSchema } from './schema';
import { VerifyController } from './verify/verify.controller';
import { Verification } from './verify/verify.service';

/** Who did what: written once, shown, checked and handed on. */
@Module({
  imports: [ServiceDatabaseModule.forService(auditSchema), ReportLimitsModule.forSchema(auditSchema.schema)],
  controllers: [
    AuditEntriesController,
    AuditReportsController,
    ForwardingController,
    HeadsController,
    VerifyController,
  ],
  providers: [
    ...[Chain, DeviceNames, DeviceNamesConsumer, FactsConsumer, AuditReportedConsumer],
    ...[Heads, Verification, Forwarder, Retention, AuditMetrics],
  ],
})
export class AppModule {}
