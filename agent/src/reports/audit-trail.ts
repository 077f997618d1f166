import type { AuditReport } from '@muster/contracts';
import { cleanText } from './clean-text';
import type { ReportSpool } from './report-spool';

export type AgentAction =
  | 'agent.started'
  | 'agent.stopped'
  | 'agent.updated'
  | 'operation.started'
  | 'operation.ended'
  | 'operation.refused'
  | 'certificate.renewed'
  | 'endpoint-map.taken';

/** What the agent did on its device, for the audit log of the suite. */
export class AuditTrail {
  /** @param recorded something waits to be sent */
  constructor(
    private readonly spool: Pick<ReportSpool, 'append'>,
    private readonly recorded: () => void = () => undefined,
  ) {}

  /** Details without a value are left out. On return it is on the disk, where the disk takes it. */
  record(action: AgentAction, details: Record<string, string | number | undefined> = {}, operationId?: string): void {
    const report = {
      kind: 'audit',
      takenAt: new Date().toISOString(),
      action,
      ...(operationId ? { operationId } : {}),
      details: Object.entries(details)
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => ({ name, value: cleanText(String(value), 2000) })),
    } satisfies Omit<AuditReport, 'sequence'>;
    this.spool.append(report);
    this.recorded();
  }
}
