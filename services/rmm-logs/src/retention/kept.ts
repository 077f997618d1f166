import type { RmmLogsConfig } from '../config';

const DAY = 86_400_000;
/** Days beyond what is promised, for reports that were accepted and wait in the queue. */
const SPARE_DAYS = 1;
/** Days for which there is room ahead. */
export const AHEAD_DAYS = 3;

/** The tables in partitions and for how many days their rows are kept. */
export const keptDays = (config: RmmLogsConfig) => ({
  samples: config.RAW_DAYS + SPARE_DAYS,
  sample_hours: config.RAW_DAYS + SPARE_DAYS,
  samples_hourly: config.HOURLY_DAYS + SPARE_DAYS,
  logs: config.LOG_DAYS + SPARE_DAYS,
  outputs: config.outputKeptDays + SPARE_DAYS,
  output_pieces: config.outputKeptDays + SPARE_DAYS,
});
export type KeptTable = keyof ReturnType<typeof keptDays>;

/** Days that a partition of outputs spans: the last of them goes so much later than its first row might. */
const PARTITION_DAYS = 7;

/**
 * How long after two devices became one something may still be kept that the earlier one printed: its operations are no
 * younger than that, but for the time by which theirs may be ahead.
 */
export const mergedDays = (config: RmmLogsConfig): number =>
  keptDays(config).outputs + PARTITION_DAYS + Math.ceil(config.OUTPUT_FUTURE_HOURS / 24);

/** First and last moment (milliseconds since 1970) for which a table surely has a partition. */
export function keptTime(config: RmmLogsConfig, table: KeptTable, now = Date.now()): { from: number; to: number } {
  return { from: now - keptDays(config)[table] * DAY, to: now + AHEAD_DAYS * DAY };
}
