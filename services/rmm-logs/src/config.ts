import { Whole } from '@muster/contracts';
import { ReportLimitsConfigFields } from '@muster/service-kit/database';

/** Configuration of `rmm-logs`. Described for administrators in `docs/configuration/rmm-logs.md`. */
export class RmmLogsConfig extends ReportLimitsConfigFields {
  @Whole({ min: 1, max: 86_400, about: 'Seconds between two samples of a device.' }) SAMPLE_SECONDS = 60;
  @Whole({ min: 1, max: 86_400, about: 'Seconds between two batches of reports of a device.' }) SEND_SECONDS = 67;
  @Whole({ min: 1024, max: 524_288, about: 'Largest sample that is taken, in bytes of JSON.' })
  SAMPLE_REPORT_BYTES = 65_536;
  @Whole({ min: 1, max: 100_000, about: 'Samples that are stored of one device and hour; more are dropped.' })
  SAMPLES_PER_HOUR = 7_200;
  @Whole({
    min: 524_288,
    max: 64 * 1024 * 1024,
    about: 'Bytes of samples that are stored of one device and hour; more are dropped.',
  })
  SAMPLE_BYTES_PER_HOUR = 16 * 1024 * 1024;
  @Whole({ min: 1024, max: 524_288, about: 'Largest log line that is taken, in bytes of JSON.' })
  LOG_REPORT_BYTES = 65_536;

  @Whole({ min: 1, max: 366, about: 'Days that samples are kept as they came.' }) RAW_DAYS = 7;
  @Whole({ min: 31, max: 3660, about: 'Days that samples are kept rolled up by the hour.' }) HOURLY_DAYS = 365;
  @Whole({ min: 1, max: 366, about: 'Days that agent logs are kept.' }) LOG_DAYS = 14;
  @Whole({ min: 7, max: 3660, about: "Days that operations' output is kept." }) OUTPUT_DAYS = 90;
  @Whole({ min: 0, max: 366, about: 'Days that an operation may wait before it starts, and its output be kept whole.' })
  OUTPUT_LATE_DAYS = 30;
  @Whole({ min: 10, max: 86_400, about: 'Seconds between looks at what is to be dropped and made room for.' })
  RETENTION_SECONDS = 3600;

  @Whole({ min: 1, max: 1_000_000_000, about: 'Bytes of output that are stored of one operation on one device.' })
  OUTPUT_BYTES = 5_000_000;
  @Whole({
    min: 1,
    max: 1_000_000_000_000,
    about: 'Bytes of output that are stored of one device and day (UTC); more is dropped, and its operation says so.',
  })
  OUTPUT_BYTES_PER_DEVICE_AND_DAY = 64 * 1024 * 1024;
  @Whole({ min: 0, max: 168, about: "Hours by which an operation's time may be ahead of the server's." })
  OUTPUT_FUTURE_HOURS = 24;

  @Whole({ min: 1, max: 3600, about: 'Seconds between looks for hours to roll up.' }) ROLL_UP_SECONDS = 30;
  @Whole({ min: 60, max: 86_400, about: 'Seconds after the end of an hour until it is rolled up the first time.' })
  ROLL_UP_AFTER_SECONDS = 300;
  @Whole({ min: 1, max: 5000, about: 'Hours of devices that are rolled up in one transaction.' }) ROLL_UP_BATCH = 100;

  @Whole({ min: 1, max: 8784, about: 'Hours that a search in the logs of all devices looks back, if it does not say.' })
  FLEET_LOG_HOURS = 24;
  @Whole({ min: 100, max: 10_000_000, about: 'Log lines that one page of a search for a text reads.' })
  SEARCH_LINES = 50_000;

  @Whole({
    min: 1,
    max: 10_000_000,
    about:
      'Devices whose logs consoles follow at once that are remembered; with more, the lines of all are sent to consoles.',
  })
  FOLLOWED_DEVICES = 100_000;
  @Whole({
    min: 1,
    max: 10_000_000,
    about:
      'Operations whose output consoles follow at once that are remembered; with more, the output of all is sent to consoles.',
  })
  FOLLOWED_OPERATIONS = 100_000;
  @Whole({
    min: 0,
    max: 3600,
    about:
      'Seconds after a start, and after NATS was away, in which all lines and all output are sent to consoles: within 30 it is known who follows.',
  })
  FOLLOWERS_UNKNOWN_SECONDS = 60;

  /** Output is kept by the time in the operation's id: so long, that one which started late is kept its whole time. */
  get outputKeptDays(): number {
    return this.OUTPUT_DAYS + this.OUTPUT_LATE_DAYS;
  }

  override derive(): void {
    super.derive();
    this.outlast(Math.max(this.RAW_DAYS, this.LOG_DAYS));
  }
}
