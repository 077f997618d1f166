import type { SoftwareSource } from '@muster/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Software of one name from one source, with how often it is installed in the organisation. */
@Entity({ schema: 'plugins', name: 'products' })
@Index('ux_products_name', ['organisationId', 'source', 'name'], { unique: true })
@Index('ix_products_name_key', ['organisationId', 'nameKey', 'id'])
export class ProductRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_products' })
  organisationId: string;

  /** A number, not a UUID: it never leaves the service and stands in millions of rows. */
  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'pk_products', generated: 'identity' })
  id: string;

  @Column({ type: 'text', collation: 'C' })
  source: SoftwareSource;

  @Column({ type: 'text', collation: 'C' })
  name: string;

  @Column({ name: 'name_key', type: 'text', collation: 'C' })
  nameKey: string;

  @Column({ type: 'text', nullable: true })
  publisher: string | null;

  /** Titles that are installed somewhere. */
  @Column({ type: 'integer', default: 0 })
  versions: number;

  /** Rows of `installed`, over all titles. */
  @Column({ type: 'integer', default: 0 })
  installations: number;
}

/** A version of a product. */
@Entity({ schema: 'plugins', name: 'titles' })
@Index('ux_titles_version', ['organisationId', 'productId', 'version'], { unique: true })
export class TitleRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_titles' })
  organisationId: string;

  @PrimaryColumn({ type: 'bigint', primaryKeyConstraintName: 'pk_titles', generated: 'identity' })
  id: string;

  @Column({ name: 'product_id', type: 'bigint' })
  productId: string;

  @Column({ type: 'text', collation: 'C' })
  version: string;

  @Column({ type: 'text', nullable: true })
  publisher: string | null;

  /** Devices that have it, each once, however many architectures or folders it is there in. */
  @Column({ type: 'integer', default: 0 })
  devices: number;

  /** Rows of `installed`. */
  @Column({ type: 'integer', default: 0 })
  installations: number;
}

/** A title on a device. The largest table of the service, hence its narrow rows. */
@Entity({ schema: 'plugins', name: 'installed' })
@Index('ix_installed_title', ['organisationId', 'titleId', 'deviceId'])
export class InstalledRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_installed' })
  organisationId: string;

  @PrimaryColumn({ name: 'device_id', type: 'uuid', primaryKeyConstraintName: 'pk_installed' })
  deviceId: string;

  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'pk_installed' })
  key: string;

  @Column({ name: 'title_id', type: 'bigint' })
  titleId: string;

  /** The 8 bytes of the item's digest. */
  @Column({ type: 'bigint' })
  digest: string;

  /** When the device had this version first, as far as the server knows. */
  @Column({ type: 'timestamptz' })
  since: Date;

  @Column({ name: 'size_bytes', type: 'bigint', nullable: true })
  sizeBytes: string | null;

  @Column({ name: 'installed_at', type: 'timestamptz', nullable: true })
  installedAt: Date | null;

  @Column({ type: 'text', nullable: true })
  architecture: string | null;

  @Column({ type: 'text', nullable: true })
  scope: string | null;
}
