import { type OperationPayload, type OperationReport } from '@muster/contracts';
import { JournalFile } from './journal-file';
import { isAfter, type Mark } from './verifier';

/** How a run's processes are found again after a crash of the agent. */
export interface RunTrace {
  /** Random text in the environment of every process of the run. */
  marker: string;
  /** Leader of the process group; unknown when the crash came before it was written down. */
  pid?: number;
}

export interface JournalEntry {
  id: string;
  state: 'accepted' | 'started' | 'ended';
  /** Present until it ended. */
  operation?: OperationPayload;
  /** How often it was started; more than once only for idempotent ones. */
  attempts: number;
  run?: RunTrace;
  /** The ending report, kept until the server has stored it. */
  report?: OperationReport;
}

type JournalRecord =
  | { is: 'accepted'; operation: OperationPayload }
  | { is: 'started'; id: string; marker: string; attempts: number }
  | { is: 'spawned'; id: string; pid: number }
  | { is: 'ended'; report: OperationReport; mark?: Mark }
  | { is: 'settled'; ids: string[] }
  | { is: 'mark'; mark: Mark }
  | { is: 'cancelled'; id: string };

const COMPACT_ABOVE_BYTES = 1_000_000;
const CANCELS_KEPT = 500;

/**
 * What this device was asked to do and how far it came: the memory behind "at most once". Each step is on the disk
 * before it has an effect, so that after any crash it is known what may have run.
 */
export class Journal {
  private readonly entries = new Map<string, JournalEntry>();
  private readonly cancels = new Set<string>();
  private highest: Mark = { epoch: 0, sequence: 0 };
  private readonly file: JournalFile;

  constructor(path: string) {
    this.file = new JournalFile(path, (record) => this.apply(record as JournalRecord));
    this.compact();
  }

  /** Highest epoch and sequence that a genuine operation carried. */
  get mark(): Mark {
    return this.highest;
  }

  /** Everything not settled, in the order of arrival. */
  all(): JournalEntry[] {
    return [...this.entries.values()];
  }

  /** Whether it was taken before; a refused one does not count, since anybody could have claimed its id. */
  holds(id: string): boolean {
    const entry = this.entries.get(id);
    return entry !== undefined && entry.report?.outcome !== 'refused';
  }

  get(id: string): JournalEntry | undefined {
    return this.entries.get(id);
  }

  wasCancelled(id: string): boolean {
    return this.cancels.has(id);
  }

  /** Takes operations in and remembers refusals; all of it or nothing. */
  take(accepted: readonly OperationPayload[], refused: readonly { report: OperationReport; mark?: Mark }[]): void {
    this.write([
      ...refused.map(({ report, mark }) => ({ is: 'ended' as const, report, mark })),
      ...accepted.map((operation) => ({ is: 'accepted' as const, operation })),
    ]);
  }

  /** To be called before the first instruction of the operation runs. */
  start(id: string, marker: string): void {
    this.write([{ is: 'started', id, marker, attempts: (this.entries.get(id)?.attempts ?? 0) + 1 }]);
  }

  spawned(id: string, pid: number): void {
    this.write([{ is: 'spawned', id, pid }]);
  }

  /** The end is true even where the disk is full: memory takes it first, then the file. */
  end(report: OperationReport): void {
    const record: JournalRecord = { is: 'ended', report };
    this.apply(record);
    this.file.append([record]);
  }

  cancel(id: string): void {
    if (!this.cancels.has(id)) this.write([{ is: 'cancelled', id }]);
  }

  settle(ids: readonly string[]): void {
    const known = ids.filter((id) => this.entries.get(id)?.state === 'ended');
    if (known.length > 0) this.write([{ is: 'settled', ids: known }]);
    if (this.file.size > COMPACT_ABOVE_BYTES) this.compact();
  }

  close(): void {
    this.file.close();
  }

  private write(records: JournalRecord[]): void {
    if (records.length === 0) return;
    this.file.append(records);
    for (const record of records) this.apply(record);
  }

  private apply(record: JournalRecord): void {
    switch (record.is) {
      case 'accepted': {
        const { operation } = record;
        this.entries.set(operation.operationId, {
          id: operation.operationId,
          state: 'accepted',
          operation,
          attempts: 0,
        });
        return this.advance(operation);
      }
      case 'started':
        return this.change(record.id, { state: 'started', attempts: record.attempts, run: { marker: record.marker } });
      case 'spawned': {
        const marker = this.entries.get(record.id)?.run?.marker;
        return marker ? this.change(record.id, { run: { marker, pid: record.pid } }) : undefined;
      }
      case 'ended': {
        const id = record.report.operationId;
        const attempts = this.entries.get(id)?.attempts ?? 0;
        this.entries.set(id, { id, state: 'ended', attempts, report: record.report });
        return record.mark && this.advance(record.mark);
      }
      case 'settled':
        for (const id of record.ids) this.entries.delete(id);
        return;
      case 'mark':
        return this.advance(record.mark);
      case 'cancelled': {
        this.cancels.add(record.id);
        const oldest = this.cancels.values().next().value;
        if (this.cancels.size > CANCELS_KEPT && oldest !== undefined) this.cancels.delete(oldest);
      }
    }
  }

  private change(id: string, step: Partial<JournalEntry>): void {
    const entry = this.entries.get(id);
    if (entry) Object.assign(entry, step);
  }

  private advance({ epoch, sequence }: Mark): void {
    if (isAfter({ epoch, sequence }, this.highest)) this.highest = { epoch, sequence };
  }

  /** Keeps only what still matters. */
  private compact(): void {
    const records: JournalRecord[] = [{ is: 'mark', mark: this.highest }];
    for (const id of this.cancels) records.push({ is: 'cancelled', id });
    for (const entry of this.entries.values()) {
      if (entry.report) records.push({ is: 'ended', report: entry.report });
      if (entry.operation) records.push({ is: 'accepted', operation: entry.operation });
      if (entry.state === 'started' && entry.run) {
        records.push({ is: 'started', id: entry.id, marker: entry.run.marker, attempts: entry.attempts });
        if (entry.run.pid) records.push({ is: 'spawned', id: entry.id, pid: entry.run.pid });
      }
    }
    this.file.rewrite(records);
  }
}
