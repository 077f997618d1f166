import { Controller } from '@nestjs/common';
import { Bus } from '@muster/bus';
import {
  LogReport,
  logsReported,
  reportToRmm,
  type RouteCall,
  type RouteReply,
  SampleReport,
  type SamplesMeasured,
  samplesMeasured,
} from '@muster/contracts';
import { Handles, reportKind, takeReports } from '@muster/service-kit';
import { RmmLogsConfig } from '../config';
import { storedForm } from '../samples/measured';

/** Takes samples and agent logs in: what is answered with 202 is stored by JetStream. */
@Controller()
export class ReportsController {
  private readonly kinds;

  constructor(
    bus: Bus,
    private readonly config: RmmLogsConfig,
  ) {
    this.kinds = {
      sample: reportKind(SampleReport, {
        maxBytes: config.SAMPLE_REPORT_BYTES,
        oldestDays: config.RAW_DAYS,
        unknownMayStay: true,
        publish: (head, reports) =>
          bus.publishShaped<SamplesMeasured>(samplesMeasured, {
            ...head,
            samples: reports.map(({ report: { sequence, sample }, at }) => ({
              sequence,
              at,
              measured: storedForm(sample),
            })),
          }),
      }),
      log: reportKind(LogReport, {
        maxBytes: config.LOG_REPORT_BYTES,
        oldestDays: config.LOG_DAYS,
        publish: (head, reports) =>
          bus.publish(logsReported, {
            ...head,
            logs: reports.map(({ report: { sequence, level, message, fields }, at }) => ({
              sequence,
              at,
              level,
              message,
              ...(fields === undefined ? {} : { fields }),
            })),
          }),
      }),
    };
  }

  @Handles(reportToRmm)
  async report(call: RouteCall<typeof reportToRmm>): Promise<RouteReply<typeof reportToRmm>> {
    const taken = await takeReports(call, this.kinds);
    return { ...taken, sampleSeconds: this.config.SAMPLE_SECONDS, sendSeconds: this.config.SEND_SECONDS };
  }
}
