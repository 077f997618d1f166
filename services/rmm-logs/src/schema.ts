import type { SchemaOptions } from '@muster/database';
import { LogRow } from './logs/log.entity';
import { CreateRmmLogs1763712000000 } from './migrations/1763712000000-rmm-logs';
import { SampleHourSizes1763715600000 } from './migrations/1763715600000-sample-hour-sizes';
import { OutputOfDevices1763719200000 } from './migrations/1763719200000-output-of-devices';
import { OutputLifetimes1763722800000 } from './migrations/1763722800000-output-lifetimes';
import { MergedDeviceRow, OutputDayRow, OutputPieceRow, OutputRow } from './output/output.entity';
import { HourDue, SampleHourRow, SamplesHourlyRow } from './samples/sample.entity';

export const SCHEMA = 'rmm_logs';

/** Everything in the schema `rmm_logs` that has a key. `samples` has none, and is read and written by SQL alone. */
export const rmmLogsSchema: SchemaOptions = {
  schema: SCHEMA,
  entities: [
    SampleHourRow,
    SamplesHourlyRow,
    HourDue,
    LogRow,
    OutputRow,
    OutputPieceRow,
    OutputDayRow,
    MergedDeviceRow,
  ],
  migrations: [
    CreateRmmLogs1763712000000,
    SampleHourSizes1763715600000,
    OutputOfDevices1763719200000,
    OutputLifetimes1763722800000,
  ],
};
