import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A line of an agent's log. The key is the order in which a fleet's lines are listed. */
@Entity({ schema: 'rmm_logs', name: 'logs' })
@Index('logs_of_device', ['organisationId', 'deviceId', 'at'])
@Index('logs_severe', { synchronize: false })
export class LogRow {
  @PrimaryColumn('uuid', { name: 'organisation_id', primaryKeyConstraintName: 'logs_pkey' }) organisationId: string;
  @PrimaryColumn('timestamptz', { primaryKeyConstraintName: 'logs_pkey' }) at: Date;
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'logs_pkey', default: () => `nextval('rmm_logs.log_ids')` })
  id: string;
  @Column('uuid', { name: 'device_id' }) deviceId: string;
  /** Place in `LOG_LEVELS`. */
  @Column('smallint') level: number;
  @Column('text') message: string;
  /** JSON, as the agent wrote it. */
  @Column('text', { nullable: true }) fields: string | null;
}
