import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Device } from '../devices/device.entity';

/**
 * "Are these two one machine?" Open while `answer` is null. `moot`: one of the two was retired before anybody answered.
 * A pair has one row for ever, so that nobody is asked twice.
 */
@Entity({ schema: 'core', name: 'merge_questions' })
@ForeignKey(() => Device, ['organisationId', 'knownId'], ['organisationId', 'id'], {
  name: 'fk_merge_questions_known',
})
@ForeignKey(() => Device, ['organisationId', 'newcomerId'], ['organisationId', 'id'], {
  name: 'fk_merge_questions_newcomer',
})
@Check('ck_merge_questions_answer', `answer IN ('same', 'different', 'moot')`)
@Index('ux_merge_questions_pair', ['organisationId', 'knownId', 'newcomerId'], { unique: true })
@Index('ix_merge_questions_open', ['organisationId', 'askedAt', 'id'], { where: 'answer IS NULL' })
@Index('ix_merge_questions_known', ['organisationId', 'knownId'], { where: 'answer IS NULL' })
@Index('ix_merge_questions_newcomer', ['organisationId', 'newcomerId'], { where: 'answer IS NULL' })
export class MergeQuestionRow {
  @PrimaryColumn({ name: 'organisation_id', type: 'uuid', primaryKeyConstraintName: 'pk_merge_questions' })
  organisationId: string;

  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'pk_merge_questions' })
  id: string;

  @Column({ name: 'known_id', type: 'uuid' })
  knownId: string;

  @Column({ name: 'newcomer_id', type: 'uuid' })
  newcomerId: string;

  /** What is equal: systemUuid, serialNumber, machineId, macs. */
  @Column({ type: 'text', array: true })
  equal: string[];

  @Column({ name: 'asked_at', type: 'timestamptz', default: () => 'now()' })
  askedAt: Date;

  @Column({ type: 'text', nullable: true })
  answer: 'same' | 'different' | 'moot' | null;

  @Column({ name: 'answered_at', type: 'timestamptz', nullable: true })
  answeredAt: Date | null;

  @Column({ name: 'answered_by', type: 'text', nullable: true })
  answeredBy: string | null;
}
