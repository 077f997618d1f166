import { OPERATION_STATES, type OperationState } from '@muster/contracts';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { bigint } from '../devices/bigint';
import { Device } from '../devices/device.entity';

const inStates = `state IN (${OPERATION_STATES.map((state) => `'${state}'`).join(', ')})`;
const ended = `state IN ('COMPLETED', 'ERROR', 'CANCELLED', 'EXPIRED')`;

/** Certificates that delegate signing, by the SHA-256 of their text: a signature's row names them instead of repeating them. */
@Entity({ schema: 'core', name: 'signing_delegations' })
export class SigningDelegationRow {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pk_signing_delegations' }) digest: string;
  @Column('jsonb') chain: string[];
}

/** One request over all its devices, with the part of the signed text that they have in common. */
@Entity({ schema: 'core', name: 'operation_batches' })
export class OperationBatchRow {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_operation_batches', name: 'organisation_id' })
  organisationId: string;
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_operation_batches' }) id: string;
  @Column('text') kind: 'procedure';
  @Column('text') title: string;
  @Column('uuid', { name: 'procedure_id' }) procedureId: string;
  @Column('integer', { name: 'procedure_version' }) procedureVersion: number;
  @Column('text', { name: 'requested_by' }) requestedBy: string;
  @Column('uuid', { name: 'requested_by_id' }) requestedById: string;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date;
  @Column('integer', { name: 'device_count' }) deviceCount: number;
  @Column('text', { name: 'payload_tail' }) payloadTail: string;
}

/** One thing asked of one device. `operation-states.ts` says how it may change. */
@Entity({ schema: 'core', name: 'operations' })
@ForeignKey(() => OperationBatchRow, ['organisationId', 'batchId'], ['organisationId', 'id'], {
  name: 'fk_operations_batch',
})
@ForeignKey(() => Device, ['organisationId', 'deviceId'], ['organisationId', 'id'], { name: 'fk_operations_device' })
@ForeignKey(() => SigningDelegationRow, ['delegationDigest'], ['digest'], { name: 'fk_operations_delegation' })
@ForeignKey(() => SigningDelegationRow, ['cancelDelegationDigest'], ['digest'], {
  name: 'fk_operations_cancel_delegation',
})
@Check('ck_operations_state', inStates)
@Check('ck_operations_ended_by', `ended_by IN ('device', 'server')`)
@Check('ck_operations_ended', `(ended_by IS NOT NULL) = (${ended})`)
@Check('ck_operations_deadline', `(deadline_at IS NULL) = (ended_by IS NOT NULL)`)
@Index('ix_operations_device', ['organisationId', 'deviceId', 'id'])
@Index('ix_operations_batch', ['organisationId', 'batchId', 'state'])
@Index('ix_operations_state', ['organisationId', 'state', 'changedAt'])
@Index('ux_operations_open', ['organisationId', 'deviceId', 'epoch', 'sequence'], {
  unique: true,
  where: 'ended_by IS NULL',
})
@Index('ix_operations_due', ['deadlineAt'], { where: 'deadline_at IS NOT NULL' })
@Index('ix_operations_to_hint', ['hintAfter'], { where: 'hint_after IS NOT NULL' })
@Index('ix_operations_not_notified', { synchronize: false })
export class OperationRow {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_operations', name: 'organisation_id' }) organisationId: string;
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_operations' }) id: string;
  @Column('uuid', { name: 'batch_id' }) batchId: string;
  @Column('uuid', { name: 'device_id' }) deviceId: string;
  /** Grows per device within an epoch; devices take operations in the order of `(epoch, sequence)` only. */
  @Column('bigint', { transformer: bigint }) sequence: number;
  @Column('bigint', { transformer: bigint }) epoch: number;
  @Column('text') state: OperationState;
  @Column('text') reason: string;
  /** Whose word the ending rests on; null while it has not ended. What the server concluded, the device may correct. */
  @Column('text', { name: 'ended_by', nullable: true }) endedBy: 'device' | 'server' | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'changed_at' }) changedAt: Date;
  /** The device does not start it after this. */
  @Column('timestamptz', { name: 'expires_at' }) expiresAt: Date;
  @Column('integer', { name: 'time_limit_seconds' }) timeLimitSeconds: number;
  /** When the server concludes without the device; null once ended. */
  @Column('timestamptz', { name: 'deadline_at', nullable: true }) deadlineAt: Date | null;
  /** When to wake the device (again) for it; null while nothing waits for the device. */
  @Column('timestamptz', { name: 'hint_after', nullable: true }) hintAfter: Date | null;
  @Column('integer', { default: 0 }) hints: number;
  /** When it first left in a reply: from then on the device may have it. */
  @Column('timestamptz', { name: 'delivered_at', nullable: true }) deliveredAt: Date | null;
  /** Since when the device neither holds nor reports it although it started it; null while all is well. */
  @Column('timestamptz', { name: 'missing_since', nullable: true }) missingSince: Date | null;
  @Column('bigint', { name: 'exit_code', nullable: true, transformer: bigint }) exitCode: number | null;
  @Column('bigint', { name: 'duration_ms', nullable: true, transformer: bigint }) durationMs: number | null;
  @Column('boolean', { name: 'output_truncated', default: false }) outputTruncated: boolean;
  /** How many pieces of output there are in all, once the device has said it. */
  @Column('integer', { name: 'output_pieces', nullable: true }) outputPieces: number | null;
  @Column('text', { name: 'payload_head' }) payloadHead: string;
  @Column('text') signature: string;
  @Column('text', { name: 'delegation_digest' }) delegationDigest: string;
  @Column('timestamptz', { name: 'cancel_requested_at', nullable: true }) cancelRequestedAt: Date | null;
  @Column('text', { name: 'cancel_requested_by', nullable: true }) cancelRequestedBy: string | null;
  @Column('timestamptz', { name: 'cancel_delivered_at', nullable: true }) cancelDeliveredAt: Date | null;
  @Column('text', { name: 'cancel_payload', nullable: true }) cancelPayload: string | null;
  @Column('text', { name: 'cancel_signature', nullable: true }) cancelSignature: string | null;
  @Column('text', { name: 'cancel_delegation_digest', nullable: true }) cancelDelegationDigest: string | null;
}

@Entity({ schema: 'core', name: 'operation_transitions' })
@ForeignKey(() => OperationRow, ['organisationId', 'operationId'], ['organisationId', 'id'], {
  name: 'fk_operation_transitions_operation',
  onDelete: 'CASCADE',
})
@Check('ck_operation_transitions_state', inStates)
export class OperationTransitionRow {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_operation_transitions', name: 'organisation_id' })
  organisationId: string;
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'pk_operation_transitions', name: 'operation_id' })
  operationId: string;
  @PrimaryColumn('bigint', {
    primaryKeyConstraintName: 'pk_operation_transitions',
    generated: 'identity',
    generatedIdentity: 'ALWAYS',
  })
  number: string;
  @Column('text') state: OperationState;
  @Column('text') reason: string;
  @Column('timestamptz') at: Date;
}
