import type { AuditEntry } from '@muster/contracts';
import { canonicalText } from '../chain/canonical';

export interface SyslogSource {
  organisationId: string;
  /** Goes into HOSTNAME. */
  hostName: string;
  enterpriseNumber: number;
}

/** Log audit (RFC 5424, section 6.2.1). */
const FACILITY = 13;
const SEVERITY = { done: 6, refused: 4, failed: 3 } as const;
const LONGEST_HOST_NAME = 255;
const LONGEST_MESSAGE_ID = 32;

/**
 * An entry as a message of RFC 5424. The structured data name what is searched for; MSG is the entry's canonical text, so
 * that the chain can be verified out of what was forwarded alone: the hash of a message is that of the hash before and MSG.
 */
export function syslogMessage(entry: AuditEntry, { organisationId, hostName, enterpriseNumber }: SyslogSource): string {
  const { number, hash, actor, action, outcome, target, correlationId } = entry;
  const priority = FACILITY * 8 + SEVERITY[outcome];
  const header = [
    `<${priority}>1`,
    entry.at,
    printable(hostName, LONGEST_HOST_NAME),
    'muster-audit',
    '-',
    printable(action, LONGEST_MESSAGE_ID),
  ].join(' ');
  const data = element(`muster@${enterpriseNumber}`, {
    organisation: organisationId,
    number: String(number),
    hash,
    action,
    outcome,
    actorKind: actor.kind,
    actorId: actor.id,
    actorName: actor.name,
    actorAddress: actor.address,
    targetKind: target?.kind,
    targetId: target?.id,
    targetName: target?.name,
    correlationId,
  });
  return `${header} ${data} \ufeff${canonicalText(entry)}`;
}

/** A message in the frame of RFC 5425, section 4.3: its length in octets, a space, itself. */
export function syslogFrame(message: string): Buffer {
  const octets = Buffer.from(message, 'utf8');
  return Buffer.concat([Buffer.from(`${octets.length} `), octets]);
}

function element(id: string, values: Record<string, string | undefined>): string {
  const parameters = Object.entries(values).map(([name, value]) =>
    value === undefined ? '' : ` ${name}="${parameterValue(value)}"`,
  );
  return `[${id}${parameters.join('')}]`;
}

/** Section 6.3.3: three characters are escaped. Line breaks and the like, which many receivers cut at, become spaces. */
const parameterValue = (value: string): string => value.replace(/\p{Cc}/gu, ' ').replace(/[\\"\]]/g, '\\$&');

/** PRINTUSASCII of section 6; `-` where nothing is left. */
const printable = (text: string, most: number): string => text.replace(/[^\u0021-\u007e]/g, '').slice(0, most) || '-';
