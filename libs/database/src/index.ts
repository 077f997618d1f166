export { afterCommit } from './after-commit';
export { Database } from './database';
export { DatabaseModule } from './database.module';
export {
  type ConnectionOptions,
  DATABASE_OPTIONS,
  type DatabaseLog,
  type Entity,
  type Migration,
  type SchemaOptions,
} from './database.options';
export { findDrift } from './drift';
export { isConnectionLoss, isMissingPartition, isUniqueViolation } from './errors';
export { newId } from './identifier';
export { migrate } from './migrate';
export { Outbox } from './outbox/outbox';
export { OutboxReader, type WaitingEvent } from './outbox/outbox-reader';
export { bareArray, jsonLines, jsonLinesArray } from './parameters';
export {
  maintainPartitions,
  type Maintained,
  timePartitions,
  type TimePartitioning,
} from './partitions/time-partitions';
export { knownSpools } from './receipts/known-spools';
export { type OldReceipts, removeOldReceipts } from './receipts/old-receipts';
export { MOST_RANGES, type Numbered, receiptsTable, takeNew } from './receipts/receipts';
export { databaseBootstrapSql } from './wall/bootstrap';
export { CURRENT_ORGANISATION, organisationWall, sharedTable } from './wall/organisation-wall';
export { rolesOf } from './wall/roles';
