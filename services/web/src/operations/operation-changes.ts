import type { OperationState } from '@muster/contracts';
import { afterCommit } from '@muster/database';
import type { EntityManager } from 'typeorm';
import type { LiveEvents } from '../live/live-events';
import type { OperationRow } from './operation.entity';
import { hasEnded, mayBecome, type Witness } from './operation-states';
import type { OperationsConfig } from './operations.config';

interface Transition {
  operation_id: string;
  state: OperationState;
  reason: string;
  at: Date;
}

/** How long the server waits for a device's word. Not needed by who only ends operations. */
export type Patience = Pick<OperationsConfig, 'EXPIRY_GRACE_SECONDS' | 'SILENCE_SECONDS'>;
const NONE: Patience = { EXPIRY_GRACE_SECONDS: 0, SILENCE_SECONDS: 0 };

/**
 * Changes to operations within one transaction: each is checked against the state machine, gets its time and reason, and
 * all are written by two statements, however many there are. The rows must be locked by the transaction.
 */
export class OperationChanges {
  private readonly changed = new Map<string, OperationRow>();
  private readonly transitions: Transition[] = [];

  constructor(
    private readonly patience: Patience = NONE,
    readonly now = new Date(),
  ) {}

  /** @returns whether the operation may change so; it is left as it is otherwise */
  become(operation: OperationRow, state: OperationState, reason: string, witness: Witness): boolean {
    if (!mayBecome(operation, state, witness)) return false;
    if (witness === 'device') this.hadBy(operation);
    operation.state = state;
    operation.endedBy = hasEnded(state) ? witness : null;
    operation.deadlineAt = this.deadlineOf(operation);
    if (hasEnded(state)) operation.hintAfter = null;
    this.note(operation, reason);
    return true;
  }

  /** Adds to an operation's history without another state. */
  note(operation: OperationRow, reason: string): void {
    operation.reason = reason;
    operation.changedAt = this.now;
    this.transitions.push({ operation_id: operation.id, state: operation.state, reason, at: this.now });
    this.touch(operation);
  }

  /** The device may have it from now on, so it gets some time to report a start that was in time. */
  delivered(operation: OperationRow): void {
    operation.deliveredAt ??= this.now;
    operation.deadlineAt = this.deadlineOf(operation);
    this.touch(operation);
  }

  /** The device has it, or has had it: it says so itself, whatever is noted about a delivery. */
  private hadBy(operation: OperationRow): void {
    operation.deliveredAt ??= this.now;
    operation.missingSince = null;
  }

  /** Writes what else changed in the row. */
  touch(operation: OperationRow): void {
    this.changed.set(operation.id, operation);
  }

  /** Writes everything; consoles hear of it after the commit, unless the caller tells them. */
  async save(manager: EntityManager, organisationId: string, live?: LiveEvents): Promise<void> {
    const rows = [...this.changed.values()];
    for (let start = 0; start < rows.length; start += 1000) {
      await manager.query(UPDATE, [organisationId, JSON.stringify(rows.slice(start, start + 1000).map(columnsOf))]);
    }
    if (this.transitions.length > 0) {
      await manager.query(INSERT_TRANSITIONS, [organisationId, JSON.stringify(this.transitions)]);
      const operationIds = this.transitions.map((transition) => transition.operation_id);
      const failed = rows.filter((row) => row.state === 'ERROR').map((row) => row.deviceId);
      afterCommit(manager, () => {
        live?.operationsChanged(organisationId, operationIds);
        // A failed operation makes its device ask for attention.
        live?.deviceChanged(organisationId, failed);
      });
    }
  }

  private deadlineOf(operation: OperationRow): Date | null {
    const { state, expiresAt, deliveredAt } = operation;
    if (hasEnded(state)) return null;
    if (state === 'IN_PROGRESS') return later(this.now, operation.timeLimitSeconds + this.patience.SILENCE_SECONDS);
    return deliveredAt ? later(expiresAt, this.patience.EXPIRY_GRACE_SECONDS) : expiresAt;
  }
}

export const later = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * 1000);

const COLUMNS = {
  state: 'text',
  reason: 'text',
  ended_by: 'text',
  changed_at: 'timestamptz',
  deadline_at: 'timestamptz',
  hint_after: 'timestamptz',
  hints: 'integer',
  delivered_at: 'timestamptz',
  missing_since: 'timestamptz',
  exit_code: 'bigint',
  duration_ms: 'bigint',
  output_truncated: 'boolean',
  output_pieces: 'integer',
  cancel_requested_at: 'timestamptz',
  cancel_requested_by: 'text',
  cancel_delivered_at: 'timestamptz',
  cancel_payload: 'text',
  cancel_signature: 'text',
  cancel_delegation_digest: 'text',
} as const;

function columnsOf(row: OperationRow): Record<keyof typeof COLUMNS | 'id', unknown> {
  return {
    id: row.id,
    state: row.state,
    reason: row.reason,
    ended_by: row.endedBy,
    changed_at: row.changedAt,
    deadline_at: row.deadlineAt,
    hint_after: row.hintAfter,
    hints: row.hints,
    delivered_at: row.deliveredAt,
    missing_since: row.missingSince,
    exit_code: row.exitCode,
    duration_ms: row.durationMs,
    output_truncated: row.outputTruncated,
    output_pieces: row.outputPieces,
    cancel_requested_at: row.cancelRequestedAt,
    cancel_requested_by: row.cancelRequestedBy,
    cancel_delivered_at: row.cancelDeliveredAt,
    cancel_payload: row.cancelPayload,
    cancel_signature: row.cancelSignature,
    cancel_delegation_digest: row.cancelDelegationDigest,
  };
}

const names = Object.keys(COLUMNS);
const UPDATE = `
  UPDATE core.operations o SET ${names.map((name) => `${name} = c.${name}`).join(', ')}
    FROM jsonb_to_recordset($2::jsonb)
      AS c(id uuid, ${Object.entries(COLUMNS)
        .map(([name, type]) => `${name} ${type}`)
        .join(', ')})
   WHERE o.organisation_id = $1 AND o.id = c.id`;
const INSERT_TRANSITIONS = `
  INSERT INTO core.operation_transitions (organisation_id, operation_id, state, reason, at)
  SELECT $1, t.operation_id, t.state, t.reason, t.at
    FROM ROWS FROM (jsonb_to_recordset($2::jsonb) AS (operation_id uuid, state text, reason text, at timestamptz))
         WITH ORDINALITY AS t(operation_id, state, reason, at, place)
   ORDER BY t.place`;
