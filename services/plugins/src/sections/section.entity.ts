import type { InventorySection, Unreadable } from '@muster/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Series } from './section-state';

/** An item as it is kept: the fields of its class, with its key and digest. */
export interface StoredItem {
  key: string;
  digest: string;
  [field: string]: unknown;
}

/** A section of a device's inventory. The items of `software` are rows of `installed` instead. */
@Entity({ schema: 'plugins', name: 'sections' })
export class SectionRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_sections' })
  organisationId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_sections' })
  deviceId: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'pk_sections' })
  section: InventorySection;

  /** SHA-256 of the section as it is stored, when it is what the device said; else the device sends it whole. */
  @Column({ type: 'bytea', nullable: true })
  digest: Buffer | null;

  @Column({ name: 'collected_at', type: 'timestamptz' })
  collectedAt: Date;

  /** Spool and number of the newest report that was looked at. */
  @Column({ type: 'uuid' })
  spool: string;

  @Column({ type: 'bigint' })
  sequence: string;

  /** Whether it ever was whole: before, nothing is history. */
  @Column({ type: 'boolean' })
  complete: boolean;

  @Column({ name: 'item_count', type: 'integer' })
  itemCount: number;

  @Column({ type: 'jsonb' })
  items: StoredItem[];

  @Column({ type: 'jsonb' })
  unreadable: Unreadable[];

  /** What came so far of a report in parts. */
  @Column({ type: 'jsonb', nullable: true })
  series: Series | null;
}

/** Keys that a part of an unfinished snapshot named. */
@Entity({ schema: 'plugins', name: 'parts' })
export class PartRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_parts' })
  organisationId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_parts' })
  deviceId: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'pk_parts' })
  section: InventorySection;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'pk_parts' })
  part: number;

  @Column({ type: 'text', array: true })
  keys: string[];
}
