import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigint } from '../devices/bigint';

/** The signed endpoint map in force. One row: it is the same for every device. */
@Entity({ schema: 'core', name: 'endpoint_maps' })
export class EndpointMapRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_endpoint_maps' })
  name: string;

  @Column({ type: 'bigint', transformer: bigint })
  version: number;

  /** SHA-256 (hex) of what the map says apart from its version and time: a different one makes a new version. */
  @Column({ type: 'text' })
  digest: string;

  @Column({ type: 'text' })
  payload: string;

  @Column({ type: 'text' })
  signature: string;

  @Column({ type: 'text', array: true })
  delegation: string[];

  @Column({ name: 'made_at', type: 'timestamptz', default: () => 'now()' })
  madeAt: Date;
}
