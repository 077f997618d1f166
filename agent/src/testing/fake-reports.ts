import {
  AuditReport,
  type Class,
  InvalidInput,
  InventoryReport,
  LogReport,
  parse,
  ReportBatch,
  type ReportsTaken,
  SampleReport,
} from '@muster/contracts';

/** A report as the server has it after correcting its time by `sentAt`. */
export interface TakenReport {
  path: string;
  spool: string;
  sequence: number;
  kind: string;
  /** Milliseconds between `takenAt` and `sentAt`. */
  ageMs: number;
  report: object;
}

const KINDS: Record<string, Record<string, Class>> = {
  '/reports/rmm': { sample: SampleReport, log: LogReport },
  '/reports/inventory': { inventory: InventoryReport },
  '/reports/audit': { audit: AuditReport },
};

/** Takes reports in as the services do, each checked strictly by its contract, and knows which came twice. */
export class FakeReports {
  readonly taken: TakenReport[] = [];
  readonly batches: Array<{ path: string; count: number; bytes: number; compressed: boolean }> = [];
  /** Numbers that came again, and in which the report differed from the first time. */
  resent = 0;
  readonly changed: TakenReport[] = [];
  /** What the server would not take, which a correct agent never sends. */
  readonly faults: string[] = [];
  /** Sequences that are refused as too large. */
  refuse = new Set<number>();
  intervals: Pick<ReportsTaken, 'sampleSeconds' | 'sendSeconds'> = {};
  private readonly seen = new Map<string, string>();

  ofKind(kind: string): TakenReport[] {
    return this.taken.filter((report) => report.kind === kind);
  }

  /** Actions of the audit log in the order in which they came. */
  get actions(): string[] {
    return this.ofKind('audit').map(({ report }) => (report as AuditReport).action);
  }

  answer(path: string, input: unknown, bytes: number, compressed: boolean): ReportsTaken | undefined {
    const kinds = KINDS[path];
    if (!kinds) return undefined;
    const batch = parse(ReportBatch, input, { unknown: 'refuse' });
    this.batches.push({ path, count: batch.reports.length, bytes, compressed });
    const refused: ReportsTaken['refused'] = [];
    batch.reports.forEach((report, index) => {
      const { sequence, kind, takenAt } = report as { sequence: number; kind: string; takenAt: string };
      if (this.refuse.has(sequence)) refused.push({ index, sequence, code: 'too-large', problem: 'as the test wants' });
      else if (this.check(kinds[kind], report)) {
        const ageMs = Date.parse(batch.sentAt) - Date.parse(takenAt);
        this.take({ path, spool: batch.spool, sequence, kind, ageMs, report });
      }
    });
    return { taken: batch.reports.length - refused.length, refused, ...this.intervals };
  }

  private check(type: Class | undefined, report: object): boolean {
    try {
      if (!type) throw new Error('unknown kind');
      parse(type, report, { unknown: 'refuse' });
      return true;
    } catch (error) {
      if (!(error instanceof InvalidInput || error instanceof Error)) throw error;
      this.faults.push(`${error.message}: ${JSON.stringify(report).slice(0, 500)}`);
      return false;
    }
  }

  private take(taken: TakenReport): void {
    const key = `${taken.path} ${taken.spool} ${taken.sequence}`;
    const content = JSON.stringify({ ...taken.report, takenAt: undefined });
    const before = this.seen.get(key);
    if (before === undefined) this.taken.push(taken);
    else if (before === content) this.resent++;
    else this.changed.push(taken);
    this.seen.set(key, before ?? content);
  }
}
