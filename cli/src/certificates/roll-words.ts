import { minute, table } from '../core/table';
import type { RollStatus, ServerStatus } from './roll-status';

const LATE_SHOWN = 20;
const STATES = {
  steady: 'No roll-over is under way.',
  rolling: 'A root is being replaced: both are trusted.',
  'cut off': 'A roll-over was cut off while it was made. Run "muster cert roll root" again.',
} as const;

/** A status for a person. */
export function statusInWords({ state, roots, servers, devices }: RollStatus): string {
  const rows = roots.map((root) => [
    root.subject,
    root.state,
    root.until.slice(0, 10),
    root.followUntil?.slice(0, 10) ?? '–',
    root.devices === undefined ? '?' : String(root.devices),
    root.seen === undefined ? '?' : String(root.seen),
  ]);
  const lines = [
    STATES[state],
    '',
    table(['root', 'state', 'ends', 'leads on until', 'devices', 'seen lately'], rows),
    '',
    ...servers.map(serverInWords),
  ];
  if (!devices) return [...lines, 'The database does not answer: devices are not counted.'].join('\n');
  if (devices.issuers.length > 1) {
    const issuers = devices.issuers.map((one) => [
      one.sha256.slice(0, 16),
      one.root ?? 'unknown',
      one.current ? 'issues now' : '',
      String(one.devices),
    ]);
    lines.push('', table(['issuing CA', 'root', '', 'devices'], issuers));
  }
  if (devices.late.length > 0) {
    const late = devices.late
      .slice(0, LATE_SHOWN)
      .map((one) => [one.name, one.presence, minute(one.lastContactAt), one.id]);
    lines.push(
      '',
      'Not yet under the newest root, last seen first:',
      table(['name', 'presence', 'last contact', 'id'], late),
    );
    if (devices.late.length > LATE_SHOWN) lines.push('… (--json names 200)');
  }
  return lines.join('\n');
}

function serverInWords({ server, at, own, underCurrent, accepts }: ServerStatus): string {
  const name = server === 'itsm' ? 'ITSM server' : 'XMPP server';
  if (own === undefined) return `${name} (${at}): does not answer.`;
  const shows = !own ? 'a certificate of another CA' : underCurrent ? 'the newest root' : 'an old root only';
  const accepted = accepts ? `; lets devices in under ${accepts.join(', ')}` : '';
  return `${name} (${at}): its certificate leads to ${shows}${accepted}.`;
}
