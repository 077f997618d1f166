import type { Language, ProcedureParameter } from '@muster/contracts';
import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A stored script, as it is now. Its earlier forms are `ProcedureVersionRow`s. */
@Entity({ schema: 'core', name: 'procedures' })
@Check('ck_procedures_language', `language IN ('sh', 'bash', 'python', 'powershell')`)
@Index('ux_procedures_name', { synchronize: false })
export class ProcedureRow {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_procedures', name: 'organisation_id' }) organisationId: string;
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_procedures' }) id: string;
  @Column('text') name: string;
  @Column('text') description: string;
  @Column('text') language: Language;
  @Column('text') script: string;
  @Column('jsonb') parameters: ProcedureParameter[];
  @Column('integer', { name: 'time_limit_seconds' }) timeLimitSeconds: number;
  @Column('integer') version: number;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt: Date;
  @Column('text', { name: 'updated_by' }) updatedBy: string;
  /** Deleted procedures stay, since operations name them. */
  @Column('timestamptz', { name: 'deleted_at', nullable: true }) deletedAt: Date | null;
}

/** What a procedure was in one version: the answer to "what exactly ran there in March?". */
@Entity({ schema: 'core', name: 'procedure_versions' })
export class ProcedureVersionRow {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_procedure_versions', name: 'organisation_id' })
  organisationId: string;
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_procedure_versions', name: 'procedure_id' })
  procedureId: string;
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'pk_procedure_versions' }) version: number;
  @Column('text') name: string;
  @Column('text') description: string;
  @Column('text') language: Language;
  @Column('text') script: string;
  @Column('jsonb') parameters: ProcedureParameter[];
  @Column('integer', { name: 'time_limit_seconds' }) timeLimitSeconds: number;
  @Column('timestamptz', { name: 'saved_at' }) savedAt: Date;
  @Column('text', { name: 'saved_by' }) savedBy: string;
}

/** Says that an organisation got its starter procedures. */
@Entity({ schema: 'core', name: 'starter_sets' })
export class StarterSetRow {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_starter_sets', name: 'organisation_id' })
  organisationId: string;
  @Column('timestamptz', { name: 'inserted_at', default: () => 'now()' }) insertedAt: Date;
}
