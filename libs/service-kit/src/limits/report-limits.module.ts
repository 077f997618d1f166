import { type DynamicModule, Module } from '@nestjs/common';
import { Database, knownSpools } from '@muster/database';
import { Allowance } from './allowance';
import { ReportLimitsConfigFields } from './report-limits.config';
import { ReportLimits } from './report-limits';
import { SpoolLimit } from './spool-limit';

/** Limits what one device may send to a service that takes in reports; its configuration has `ReportLimitsConfigFields`. */
@Module({})
export class ReportLimitsModule {
  /** @param schema where the service's receipts are */
  static forSchema(schema: string): DynamicModule {
    const limits = (config: ReportLimitsConfigFields, database: Database): ReportLimits =>
      new ReportLimits(
        new Allowance(config.DEVICE_REPORTS_PER_MINUTE),
        new SpoolLimit(config.DEVICE_SPOOLS, ({ organisationId, id }) =>
          knownSpools(database, schema, organisationId, id),
        ),
      );
    return {
      module: ReportLimitsModule,
      providers: [{ provide: ReportLimits, inject: [ReportLimitsConfigFields, Database], useFactory: limits }],
    };
  }
}
