import type { Client } from 'pg';

export interface FleetSize {
  organisationId: string;
  devices: number;
  /** Programs on each. */
  software: number;
  /** Products that there are; a third of what a device has is on every device. */
  products: number;
  /** Versions of each product. */
  versions: number;
  /** Lines of history. */
  changes: number;
}

/**
 * Fills the tables past the service, as the superuser: what a fleet of that size would have left there. Devices are called
 * `device-000001` and so on, products `package-000001`; the first is `openssl`.
 */
export async function fillFleet(admin: Client, size: FleetSize): Promise<void> {
  const { organisationId: organisation, devices, software, products, versions, changes } = size;
  const common = Math.floor(software / 3);
  await admin.query(
    `INSERT INTO plugins.devices (organisation_id, id, name, name_key, described_at)
     SELECT $1, overlay(overlay(md5('device' || n) placing '7' from 13) placing '8' from 17)::uuid, 'device-' || lpad(n::text, 6, '0'), 'device-' || lpad(n::text, 6, '0'), now()
       FROM generate_series(1, $2::int) n`,
    [organisation, devices],
  );
  await admin.query(
    `INSERT INTO plugins.products (organisation_id, source, name, name_key, publisher)
     SELECT $1, 'dpkg', name, name, 'Somebody <somebody@example.test>'
       FROM (SELECT n, CASE n WHEN 1 THEN 'openssl' ELSE 'package-' || lpad(n::text, 6, '0') END AS name
               FROM generate_series(1, $2::int) n ORDER BY n) p ORDER BY n`,
    [organisation, products],
  );
  await admin.query(
    `INSERT INTO plugins.titles (organisation_id, product_id, version)
     SELECT $1, p.id, '3.0.' || v || '-1' FROM plugins.products p, generate_series(0, $2::int - 1) v
      WHERE p.organisation_id = $1 ORDER BY p.id, v`,
    [organisation, versions],
  );
  await admin.query(
    `WITH ladder AS (SELECT id, (row_number() OVER (ORDER BY id) - 1) AS place FROM plugins.titles WHERE organisation_id = $1)
     INSERT INTO plugins.installed (organisation_id, device_id, key, title_id, digest, since, architecture)
     SELECT $1, d.id, 'dpkg:' || product || ':amd64', t.id, n * 31 + product, now() - interval '1 day' * (n % 300), 'amd64'
       FROM (SELECT n, overlay(overlay(md5('device' || n) placing '7' from 13) placing '8' from 17)::uuid AS id FROM generate_series(1, $2::int) n) d
      CROSS JOIN LATERAL (
        SELECT DISTINCT CASE WHEN s <= $4 THEN s ELSE $4 + (hashint8(d.n * 100000::int8 + s) & 2147483647) % ($5 - $4) + 1 END AS product
          FROM generate_series(1, $3::int) s OFFSET 0) wanted
       JOIN ladder t ON t.place = (product - 1)::int8 * $6 + d.n % $6`,
    [organisation, devices, software, common, products, versions],
  );
  await admin.query(
    `UPDATE plugins.titles t SET installations = c.rows, devices = c.devices
       FROM (SELECT title_id, count(*) AS rows, count(DISTINCT device_id) AS devices FROM plugins.installed
              WHERE organisation_id = $1 GROUP BY title_id) c WHERE t.organisation_id = $1 AND t.id = c.title_id`,
    [organisation],
  );
  await admin.query(
    `UPDATE plugins.products p SET installations = c.rows, versions = c.versions
       FROM (SELECT product_id, sum(installations) AS rows, count(*) FILTER (WHERE installations > 0) AS versions
               FROM plugins.titles WHERE organisation_id = $1 GROUP BY product_id) c
      WHERE p.organisation_id = $1 AND p.id = c.product_id`,
    [organisation],
  );
  await admin.query(
    `INSERT INTO plugins.changes (organisation_id, id, device_id, section, change, key, title, title_key, fields)
     SELECT $1, (lpad(to_hex((extract(epoch FROM now() - interval '1 second' * n) * 1000)::int8), 12, '0') || '7' ||
                 substr(md5('change' || n), 1, 3) || '8' || substr(md5('change' || n), 4, 15))::uuid,
            overlay(overlay(md5('device' || (n % $2 + 1)) placing '7' from 13) placing '8' from 17)::uuid, CASE WHEN n % 1000 = 0 THEN 'disks' ELSE 'software' END, 'changed',
            'dpkg:' || n % 5000, 'package-' || n % 5000 || ' 3.0.1', 'package-' || n % 5000 || ' 3.0.1',
            '[{"field": "version", "before": "3.0.0-1", "after": "3.0.1-1"}]'
       FROM generate_series(1, $3::int) n`,
    [organisation, devices, changes],
  );
  await admin.query('VACUUM ANALYZE');
}
