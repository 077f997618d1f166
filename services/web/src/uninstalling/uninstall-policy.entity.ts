import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Whether an organisation's devices may lose their agent only with a token. No row: they may without. */
@Entity({ schema: 'core', name: 'uninstall_policies' })
export class UninstallPolicyRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_uninstall_policies' })
  organisationId: string;

  @Column({ name: 'token_needed', type: 'boolean' })
  tokenNeeded: boolean;

  /** What tokens are made from. */
  @Column({ type: 'bytea' })
  secret: Buffer;
}
