import type { FieldChange, InventoryChange, InventorySection } from '@muster/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Something that appeared, changed or went. The id is a UUIDv7 of the moment when the device saw it. */
@Entity({ schema: 'plugins', name: 'changes' })
@Index('ix_changes_device', ['organisationId', 'deviceId', 'id'])
@Index('ix_changes_section', ['organisationId', 'section', 'id'])
export class ChangeRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_changes' })
  organisationId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'pk_changes' })
  id: string;

  @Column({ name: 'device_id', type: 'uuid' })
  deviceId: string;

  @Column({ type: 'text', collation: 'C' })
  section: InventorySection;

  @Column({ type: 'text', collation: 'C' })
  change: InventoryChange['change'];

  @Column({ type: 'text' })
  key: string;

  @Column({ type: 'text' })
  title: string;

  /** The title in lower case: what a search looks in. */
  @Column({ name: 'title_key', type: 'text' })
  titleKey: string;

  @Column({ type: 'jsonb', nullable: true })
  fields: FieldChange[] | null;
}
