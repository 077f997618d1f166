import type { InventoryFacts } from '@muster/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What the facts of a device were when they were last told, without the time. */
export type ToldFacts = Omit<InventoryFacts, 'organisationId' | 'deviceId' | 'at'>;

/** A device as this service shows it beside its inventory. Whoever changes what belongs to a device locks its row first. */
@Entity({ schema: 'plugins', name: 'devices' })
@Index('ix_devices_name', ['organisationId', 'nameKey', 'id'], { where: 'retired_at IS NULL' })
export class DeviceRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_devices' })
  organisationId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'pk_devices' })
  id: string;

  @Column({ type: 'text', collation: 'C', default: '' })
  name: string;

  /** The name in lower case: what lists are sorted by. */
  @Column({ name: 'name_key', type: 'text', collation: 'C', default: '' })
  nameKey: string;

  /** When `web` described it last. Absent: the name is the host name out of its inventory. */
  @Column({ name: 'described_at', type: 'timestamptz', nullable: true })
  describedAt: Date | null;

  @Column({ name: 'retired_at', type: 'timestamptz', nullable: true })
  retiredAt: Date | null;

  @Column({ type: 'jsonb', nullable: true })
  facts: ToldFacts | null;
}
