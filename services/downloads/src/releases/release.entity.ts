import type { ReleaseChannel, ReleasePlatform, ReleaseState, Signed, StopRule } from '@muster/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

const count = { type: 'integer', default: 0 } as const;

/** A release and its roll-out. Who offers it, counts for it or changes its state locks this row first. */
@Entity({ schema: 'downloads', name: 'releases' })
@Index('ux_releases_version', ['organisationId', 'platform', 'version'], { unique: true })
@Index('ix_releases_created', ['organisationId', 'createdAt', 'id'])
@Index('ix_releases_running', ['organisationId', 'state'])
@Index('ix_releases_hinting', ['organisationId', 'id'], { where: 'hinting' })
export class ReleaseRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_releases' })
  organisationId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'pk_releases' })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  version: string;

  /** Sorts like the version. */
  @Column({ name: 'version_key', type: 'text', collation: 'C' })
  versionKey: string;

  @Column({ type: 'text', collation: 'C' })
  platform: ReleasePlatform;

  @Column({ type: 'jsonb' })
  manifest: Signed;

  @Column({ type: 'text', collation: 'C' })
  sha256: string;

  /** Numbers as text, as `pg` gives them; below 2^53. */
  @Column({ name: 'size_bytes', type: 'bigint' })
  sizeBytes: string;

  @Column({ name: 'received_bytes', type: 'bigint', default: 0 })
  receivedBytes: string;

  @Column({ name: 'downgrade_from', type: 'text', array: true })
  downgradeFrom: string[];

  @Column({ type: 'text', collation: 'C' })
  state: ReleaseState;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ type: 'text', collation: 'C' })
  channel: ReleaseChannel;

  @Column({ type: 'integer' })
  percentage: number;

  @Column({ name: 'most_at_once', type: 'integer' })
  mostAtOnce: number;

  @Column({ name: 'stop_rule', type: 'jsonb' })
  stopRule: StopRule;

  @Column({ name: 'stopped_because', type: 'text', nullable: true })
  stoppedBecause: string | null;

  @Column(count)
  offered: number;

  @Column(count)
  installed: number;

  @Column(count)
  failed: number;

  /** What was counted before the roll-out was last started by a person: the rule looks at what came since. */
  @Column({ name: 'installed_before', ...count })
  installedBefore: number;

  @Column({ name: 'failed_before', ...count })
  failedBefore: number;

  /** Devices that it concerns are being told, in the order of their ids, the last of them below. */
  @Column({ type: 'boolean', default: false })
  hinting: boolean;

  @Column({ name: 'hinted_through', type: 'uuid', nullable: true })
  hintedThrough: string | null;
}
