import { Flag, Instant, List, Nested, nested, OneOf, text, Text, Whole } from '../schema/fields';
import { defineEvent, defineRequest } from '../wire/bus';
import { CursorQuery } from '../wire/page';
import { defineRoute, may } from '../wire/route';
import { Actor, PersonFact } from './action-facts';
import { AuditDetail } from './audit-reports';

const own = { service: 'audit-logs', face: 'manager' } as const;
const hash = { min: 64, max: 64, pattern: /^[0-9a-f]{64}$/ } as const;

export class AuditTarget {
  @Text({ max: 64, about: 'device, user, group, procedure and so on.' }) kind: string;
  @Text({ max: 64, optional: true }) id?: string;
  @Text({ max: 255, optional: true }) name?: string;
}
/** A link of an organisation's chain. */
export class AuditEntry {
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER, about: 'From 1 without gaps, per organisation.' }) number: number;
  @Instant() at: string;
  @Nested(() => Actor) actor: Actor;
  @Text({ max: 64, about: 'For example user.created.' }) action: string;
  @OneOf(['done', 'refused', 'failed']) outcome: 'done' | 'refused' | 'failed';
  @Nested(() => AuditTarget, { optional: true }) target?: AuditTarget;
  @List(nested(() => AuditDetail), { max: 50 }) details: AuditDetail[];
  @Text({ max: 64, optional: true, about: 'Finds the request in every log.' }) correlationId?: string;
  @Text({ ...hash, about: 'SHA-256 over the hash before and this entry, hex.' }) hash: string;
}
export class AuditQuery extends CursorQuery {
  @Text({ max: 64, optional: true, about: 'An action, or its first part with a dot: `user.`' }) action?: string;
  @Text({ max: 64, optional: true, about: 'User id or device id of who did it.' }) actorId?: string;
  @Text({ max: 64, optional: true, about: 'Id of what it was done to.' }) targetId?: string;
  @Text({ max: 64, optional: true, about: 'Device that did it, or that it was done to.' }) deviceId?: string;
  @OneOf(['done', 'refused', 'failed'], { optional: true }) outcome?: 'done' | 'refused' | 'failed';
  @Text({ max: 200, optional: true, about: 'Text in names, action and details.' }) search?: string;
  @Instant({ optional: true }) from?: string;
  @Instant({ optional: true }) to?: string;
}
export class AuditPage {
  @List(nested(() => AuditEntry), { max: 5000, about: 'Newest first.' }) entries: AuditEntry[];
  @Text({ max: 200, optional: true }) next?: string;
}
export const listAudit = defineRoute({
  ...own,
  method: 'GET',
  path: '/audit/entries',
  access: may('audit.read'),
  summary: 'Who did what, newest first',
  query: AuditQuery,
  reply: AuditPage,
  list: 'entries',
});

/**
 * The end of a chain at one time, signed (purpose `audit-head`). `payload` is the exact text that is signed: JSON of an
 * AuditHeadPayload. Kept elsewhere, it shows later that nothing before it was taken away.
 */
export class AuditHeadPayload {
  @OneOf(['audit-head']) purpose: 'audit-head';
  @Text({ max: 64 }) organisationId: string;
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER }) number: number;
  @Text(hash) hash: string;
  @Instant() at: string;
}
export class AuditHead {
  @Text({ max: 2000 }) payload: string;
  @Text({ max: 512, about: 'ECDSA P-256 SHA-256, ASN.1 DER, base64.' }) signature: string;
  @List(text({ max: 8192 }), { min: 1, max: 3, about: 'Signing certificate first, PEM; root not included.' })
  delegation: string[];
}
export class AuditHeads {
  @List(nested(() => AuditHead), { max: 5000, about: 'Newest first.' }) heads: AuditHead[];
  @Text({ max: 200, optional: true }) next?: string;
}
export const listAuditHeads = defineRoute({
  ...own,
  method: 'GET',
  path: '/audit/heads',
  access: may('audit.read'),
  summary: 'Signed heads of the chain, to keep elsewhere',
  query: CursorQuery,
  reply: AuditHeads,
  list: 'heads',
});

export class VerifyAudit {
  @Whole({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
    about: 'Entry to begin with; the oldest kept when absent.',
  })
  from?: number;
  @List(nested(() => AuditHead), { max: 5000, optional: true, about: 'Heads that were exported earlier.' })
  heads?: AuditHead[];
}
export const AUDIT_FAULTS = ['altered', 'removed', 'reordered', 'truncated', 'head-forged', 'head-differs'] as const;
export type AuditFaultKind = (typeof AUDIT_FAULTS)[number];
export class AuditFault {
  @OneOf(AUDIT_FAULTS) fault: AuditFaultKind;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, about: 'Entry that it is about.' }) number: number;
  @Text({ max: 1000 }) problem: string;
}
/** Somebody had the chain, or a stretch of it, checked. */
export class AuditVerified extends PersonFact {
  @Flag() intact: boolean;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) checkedFrom: number;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) checkedTo: number;
  @Whole({ min: 0, max: 100, about: 'Faults that were named.' }) faults: number;
}
export const auditVerified = defineEvent({
  subject: 'audit.verified.v1',
  delivery: 'durable',
  payload: AuditVerified,
  publishers: ['audit-logs'],
  consumers: ['audit-logs'],
});
export class AuditVerdict {
  @Flag() intact: boolean;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) checkedFrom: number;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) checkedTo: number;
  @Whole({ min: 0, max: 1_000_000 }) headsChecked: number;
  @List(nested(() => AuditFault), { max: 100, about: 'The first hundred.' }) faults: AuditFault[];
  @Whole({ min: 1, max: Number.MAX_SAFE_INTEGER, optional: true, about: 'There is more: ask again from here.' })
  next?: number;
}
export const verifyAudit = defineRoute({
  ...own,
  method: 'POST',
  path: '/audit/verify',
  access: may('audit.read'),
  summary: 'Check the chain against itself, the kept heads and heads that were exported',
  body: VerifyAudit,
  bodyLimit: 8 * 1024 * 1024,
  reply: AuditVerdict,
  causes: [auditVerified],
});

/** Where entries are forwarded to: syslog (RFC 5424) over TLS (RFC 5425). */
export class AuditForwarding {
  @Flag() enabled: boolean;
  @Text({ max: 253 }) host: string;
  @Whole({ min: 1, max: 65_535 }) port: number;
  @Text({ max: 65_536, optional: true, about: "Certificates to trust, PEM; the system's when absent." })
  anchors?: string;
}
export class AuditForwardingState extends AuditForwarding {
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER, about: 'Newest entry that was handed over.' }) forwardedTo: number;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) waiting: number;
  @Text({ max: 1000, optional: true, about: 'Why nothing is handed over now.' }) problem?: string;
}
export const readAuditForwarding = defineRoute({
  ...own,
  method: 'GET',
  path: '/audit/forwarding',
  access: may('audit.read'),
  summary: 'Where audit entries are forwarded to, and how far',
  reply: AuditForwardingState,
});

/** Forwarding was changed, by the service's own form. */
export class AuditForwardingChanged extends PersonFact {
  @Flag() enabled: boolean;
  @Text({ max: 253 }) host: string;
  @Whole({ min: 1, max: 65_535 }) port: number;
}
export const auditForwardingChanged = defineEvent({
  subject: 'audit-forwarding.changed.v1',
  delivery: 'durable',
  payload: AuditForwardingChanged,
  publishers: ['audit-logs'],
  consumers: ['audit-logs'],
});
export const setAuditForwarding = defineRoute({
  ...own,
  method: 'PUT',
  path: '/audit/forwarding',
  access: may('audit.write'),
  summary: 'Forward audit entries to a syslog server, from the next entry on',
  body: AuditForwarding,
  bodyLimit: 128 * 1024,
  reply: AuditForwardingState,
  causes: [auditForwardingChanged],
});

/** Signs the end of a chain. */
export class SignAuditHead {
  @Text({ max: 2000, about: 'JSON of an AuditHeadPayload.' }) payload: string;
}
export class AuditHeadSignature {
  @Text({ max: 512 }) signature: string;
  @List(text({ max: 8192 }), { min: 1, max: 3 }) delegation: string[];
}
export const signAuditHead = defineRequest({
  subject: 'audit-head.sign.v1',
  server: 'key-manager',
  callers: ['audit-logs'],
  request: SignAuditHead,
  reply: AuditHeadSignature,
});
