import { Controller } from '@nestjs/common';
import { Bus } from '@muster/bus';
import {
  AuditReport,
  auditReported,
  type ReportedAudit,
  reportToAudit,
  type RouteCall,
  type RouteReply,
} from '@muster/contracts';
import { Handles, type ReportKind, reportKind, takeReports, type TakenReport } from '@muster/service-kit';
import { AuditLogsConfig } from '../config';

/** What agents did on their devices, as they tell it. */
@Controller()
export class AuditReportsController {
  private readonly kinds: Record<string, ReportKind<never>>;

  constructor(bus: Bus, config: AuditLogsConfig) {
    const audit: ReportKind<AuditReport> = reportKind(AuditReport, {
      maxBytes: config.REPORT_BYTES,
      oldestDays: config.REPORT_OLDEST_DAYS,
      publish: (head, reports) => bus.publish(auditReported, { ...head, actions: actionsOf(reports) }),
    });
    this.kinds = { audit };
  }

  @Handles(reportToAudit)
  take(call: RouteCall<typeof reportToAudit>): Promise<RouteReply<typeof reportToAudit>> {
    return takeReports(call, this.kinds);
  }
}

const actionsOf = (reports: ReadonlyArray<TakenReport<AuditReport>>): ReportedAudit[] =>
  reports.map(({ report: { sequence, action, operationId, details }, at }) => ({
    ...{ sequence, at, action, details },
    ...(operationId === undefined ? {} : { operationId }),
  }));
