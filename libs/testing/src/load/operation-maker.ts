import { randomUUID } from 'node:crypto';
import type { AppendOutput, AuditReport } from '@muster/contracts';
import type { LoadBatch } from './load-batch';
import { uuid7 } from './uuid7';

/** Requests that carry the output of one operation. */
const APPENDS = 3;
const LINE = 'Get:17 https://mirror.example.org/debian bookworm/main amd64 libssl3 amd64 3.0.11-1 [2,019 kB]\n';

/** What a device tells of the operations that it runs: that they ended, and what they print. */
export class OperationMaker {
  readonly spool = randomUUID();
  /** Audit reports made so far. */
  ended = 0;
  /** Pieces of output made so far. */
  pieces = 0;
  private operationId = '';
  private appends = 0;
  private number = 0;

  /** A batch with one audit report. */
  audit(takenAt = new Date().toISOString()): LoadBatch {
    const report: AuditReport = {
      ...{ sequence: ++this.ended, takenAt, kind: 'audit', action: 'operation.ended', operationId: uuid7() },
      details: [
        { name: 'state', value: 'COMPLETED' },
        { name: 'exit code', value: '0' },
      ],
    };
    const body = { spool: this.spool, sentAt: takenAt, reports: [report] };
    const { spool } = this;
    return {
      kind: 'audit',
      to: 'audit',
      path: '/reports/audit',
      spool,
      sequences: [report.sequence],
      samples: 0,
      body,
    };
  }

  /** Two pieces of output: the next ones of an operation that runs, or the first of another. */
  output(): LoadBatch {
    if (this.appends % APPENDS === 0) {
      this.operationId = uuid7();
      this.number = 0;
    }
    this.appends++;
    const sequences = [this.number++, this.number++];
    this.pieces += sequences.length;
    const body: AppendOutput = {
      chunks: sequences.map((number) => ({ number, stream: number % 2 ? 'stderr' : 'stdout', text: LINE.repeat(8) })),
    };
    const { operationId } = this;
    const path = `/operations/${operationId}/output`;
    return { kind: 'output', to: 'rmm', path, spool: operationId, sequences, samples: 0, body };
  }
}
