import { List, nested, OneOf, Text, Uuid } from '../schema/fields';
import { defineEvent } from '../wire/bus';
import { defineRoute, device } from '../wire/route';
import { Report, ReportBatch, Reported, ReportedItem, ReportsTaken } from '../reports/reports';

/** Something that was done, named by what it was done to: `user.created`, `operation.started`. */
export const ACTION_PATTERN = /^[a-z][a-z-]*\.[a-z][a-z-]*$/;

/** Everything that an agent may say that it did. What people and services do is not for devices to tell. */
export const AGENT_ACTIONS = [
  'agent.started',
  'agent.stopped',
  'agent.updated',
  'operation.started',
  'operation.ended',
  'operation.refused',
  'certificate.renewed',
  'endpoint-map.taken',
] as const;
export type AgentAction = (typeof AGENT_ACTIONS)[number];

export class AuditDetail {
  @Text({ min: 1, max: 64 }) name: string;
  @Text({ max: 2000 }) value: string;
}
/** What an agent did on its device: started, stopped, ran an operation, refused one, renewed its certificate. */
export class AuditReport extends Report {
  @OneOf(['audit']) kind: 'audit';
  @OneOf(AGENT_ACTIONS) action: AgentAction;
  @Uuid({ optional: true }) operationId?: string;
  @List(nested(() => AuditDetail), { max: 20 }) details: AuditDetail[];
}
export const reportToAudit = defineRoute({
  service: 'audit-logs',
  face: 'worker',
  method: 'POST',
  path: '/reports/audit',
  access: device,
  summary: 'Hand in what the agent did: AuditReport',
  body: ReportBatch,
  bodyLimit: 1024 * 1024,
  gzip: true,
  accepted: true,
  reply: ReportsTaken,
});

export class ReportedAudit extends ReportedItem {
  @Text({ min: 3, max: 64, pattern: ACTION_PATTERN }) action: string;
  @Uuid({ optional: true }) operationId?: string;
  @List(nested(() => AuditDetail), { max: 20 }) details: AuditDetail[];
}
export class AuditReported extends Reported {
  @List(nested(() => ReportedAudit), { min: 1, max: 500 }) actions: ReportedAudit[];
}
export const auditReported = defineEvent({
  subject: 'report.audit.v1',
  delivery: 'reported',
  payload: AuditReported,
  publishers: ['audit-logs'],
  consumers: ['audit-logs'],
});
