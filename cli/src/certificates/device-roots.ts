import type { DatabaseFacts } from '../checks/database';
import { type AuthorityPart, rootAbove } from './authority-parts';
import { certificatesIn, digestOf } from './pem';

/** Devices by what issued their newest certificate. */
interface IssuerRow {
  /** SHA-256 of the issuing CA, lower-case hex. */
  issuer: string;
  devices: number;
  /** Of them, those with a contact in the time that was asked for. */
  seen: number;
  lastContactAt: Date | null;
  chain: string;
}

/** How many devices hang on something. */
export interface DeviceCount {
  devices: number;
  seen: number;
  lastContactAt?: string;
}

/** A device whose certificate is under a root that is to go. */
export interface LateDevice {
  id: string;
  name: string;
  presence: string;
  lastContactAt: string;
}

export interface DeviceRoots {
  /** By the SHA-256 of the root, as `certificate.fingerprint256` has it. */
  roots: Map<string, DeviceCount>;
  /** By issuing CA; `current` is the one that issues now. */
  issuers: ({ sha256: string; root?: string; current: boolean } & DeviceCount)[];
  /** Those not yet under the newest root: who was seen last comes first. */
  late: LateDevice[];
}

const LATE_AT_MOST = 200;

// Neither retired nor revoked: those never come back as what they were.
const NEWEST = `
  newest AS (
    SELECT DISTINCT ON (c.organisation_id, c.device_id) c.organisation_id, c.device_id, c.issuer, c.fingerprint
      FROM identity.certificates c ORDER BY c.organisation_id, c.device_id, c.issued_at DESC),
  living AS (
    SELECT n.issuer, n.fingerprint, d.id, d.name, d.presence, d.last_contact_at
      FROM newest n
      JOIN core.devices d ON d.organisation_id = n.organisation_id AND d.id = n.device_id AND d.retired_at IS NULL
      JOIN identity.devices i ON i.organisation_id = n.organisation_id AND i.id = n.device_id AND i.revoked_at IS NULL)`;

const BY_ISSUER = `
  WITH ${NEWEST},
  issuers AS (
    SELECT issuer, count(*)::int AS devices, max(last_contact_at) AS "lastContactAt", min(fingerprint) AS sample,
           (count(*) FILTER (WHERE last_contact_at > now() - make_interval(secs => $1)))::int AS seen
      FROM living GROUP BY issuer)
  SELECT i.issuer, i.devices, i.seen, i."lastContactAt", c.chain
    FROM issuers i JOIN identity.certificates c ON c.fingerprint = i.sample ORDER BY i.devices DESC`;

const LATE = `
  WITH ${NEWEST}
  SELECT id, name, presence, last_contact_at AS "lastContactAt" FROM living
   WHERE issuer = ANY($1) ORDER BY last_contact_at DESC, id LIMIT ${LATE_AT_MOST}`;

/**
 * Which root each device's certificate is under. The certificate tells what the device trusts too: it renews because a map
 * named the root.
 * @param seenMs a contact so long ago at most counts as seen
 */
export async function deviceRoots(
  facts: DatabaseFacts,
  parts: readonly AuthorityPart[],
  seenMs: number,
): Promise<DeviceRoots> {
  const rows = await facts.rows<IssuerRow>(BY_ISSUER, [seenMs / 1000]);
  const issuing = parts.find(({ file }) => file === 'issuing/devices.crt')?.certificate;
  const known = rows.map((row) => ({ row, root: rootAbove(certificatesIn(row.chain), parts) }));
  const roots = new Map<string, DeviceCount>();
  for (const { row, root } of known) {
    if (root) roots.set(root.certificate.fingerprint256, sum(roots.get(root.certificate.fingerprint256), countOf(row)));
  }
  const old = known.filter(({ root }) => root?.kind !== 'current').map(({ row }) => row.issuer);
  const late =
    old.length > 0 ? await facts.rows<Omit<LateDevice, 'lastContactAt'> & { lastContactAt: Date }>(LATE, [old]) : [];
  return {
    roots,
    issuers: known.map(({ row, root }) => ({
      sha256: row.issuer,
      ...(root ? { root: root.file } : {}),
      current: issuing !== undefined && row.issuer === digestOf(issuing),
      ...countOf(row),
    })),
    late: late.map((device) => ({ ...device, lastContactAt: device.lastContactAt.toISOString() })),
  };
}

const countOf = ({ devices, seen, lastContactAt }: IssuerRow): DeviceCount => ({
  ...{ devices, seen },
  ...(lastContactAt ? { lastContactAt: lastContactAt.toISOString() } : {}),
});

function sum(one: DeviceCount | undefined, other: DeviceCount): DeviceCount {
  if (!one) return other;
  const last = [one.lastContactAt, other.lastContactAt]
    .filter((at) => at !== undefined)
    .sort()
    .at(-1);
  return {
    ...{ devices: one.devices + other.devices, seen: one.seen + other.seen },
    ...(last ? { lastContactAt: last } : {}),
  };
}
