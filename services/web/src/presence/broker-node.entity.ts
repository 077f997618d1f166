import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigint } from '../devices/bigint';

/** A broker node as its leases and batches show it. Belongs to no organisation. */
@Entity({ schema: 'core', name: 'broker_nodes' })
export class BrokerNode {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_broker_nodes' })
  node: string;

  @Column({ type: 'bigint', transformer: bigint })
  epoch: number;

  /** Newest sequence of this epoch that was applied. */
  @Column({ name: 'applied_sequence', type: 'bigint', default: 0, transformer: bigint })
  appliedSequence: number;

  @Column({ name: 'lease_until', type: 'timestamptz' })
  leaseUntil: Date;

  /** When the lease was found to have run out; null while it holds. */
  @Column({ name: 'lapsed_at', type: 'timestamptz', nullable: true })
  lapsedAt: Date | null;

  /** Newest sequence and number of connections that the last lease told. */
  @Column({ name: 'lease_sequence', type: 'bigint', default: 0, transformer: bigint })
  leaseSequence: number;

  @Column({ name: 'lease_connected', type: 'integer', default: 0 })
  leaseConnected: number;

  /** Epoch whose snapshot was taken; 0 when one is wanted. */
  @Column({ name: 'snapshot_epoch', type: 'bigint', default: 0, transformer: bigint })
  snapshotEpoch: number;

  @Column({ name: 'snapshot_at', type: 'timestamptz', nullable: true })
  snapshotAt: Date | null;

  /** Devices of the last snapshot that are not known here, so that counts can be compared. */
  @Column({ name: 'strangers', type: 'integer', default: 0 })
  strangers: number;
}
