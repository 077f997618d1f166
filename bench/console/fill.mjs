/**
 * Fills an organisation with a fleet, in SQL: what the tables of the services hold after a while. Deterministic, so that
 * two runs can be compared. Everything is as a service would have written it but the hashes of the audit chain.
 */
const STEPS = [
  [
    'devices',
    `INSERT INTO core.devices (organisation_id, id, name, host_name, platform, os_name, agent_version, user_name, presence,
        presence_at, last_contact_at, address, enrolled_at, registration_key_id, facts_at)
     SELECT $1, pg_temp.device(n), pg_temp.host(n), pg_temp.host(n),
        CASE WHEN n % 10 < 6 THEN 'linux' WHEN n % 10 < 9 THEN 'windows' ELSE 'macos' END,
        (ARRAY['Debian GNU/Linux 12 (bookworm)', 'Ubuntu 24.04 LTS', 'Windows 11 Pro', 'macOS 15', 'Rocky Linux 9'])[1 + n % 5],
        '0.1.0', 'user' || n % 5000,
        (ARRAY['online', 'online', 'online', 'polling', 'offline', 'offline', 'unknown'])[1 + n % 7],
        now(), now() - make_interval(secs => n % 86400), '10.' || n % 200 || '.' || n % 250 || '.7',
        now() - make_interval(secs => n * 60), $1, now()
     FROM generate_series(1, $2::int) n`,
  ],
  [
    'facts of devices',
    `INSERT INTO core.device_facts (organisation_id, device_id, facts)
     SELECT $1, pg_temp.device(n), jsonb_build_object('hostName', pg_temp.host(n), 'platform', 'linux', 'osName', 'Debian',
        'osVersion', '12', 'kernel', '6.1', 'architecture', 'x64', 'disks', '[]'::jsonb, 'networks', '[]'::jsonb,
        'languages', '["sh"]'::jsonb, 'agentVersion', '0.1.0')
     FROM generate_series(1, $2::int) n`,
  ],
  [
    'what lists know of inventories',
    `INSERT INTO core.device_inventory (organisation_id, device_id, at, manufacturer, model, manufacturer_key, model_key, encryption, antivirus, software_count)
     SELECT $1, pg_temp.device(n), now(), (ARRAY['Lenovo', 'Dell', 'HP', 'Apple'])[1 + n % 4], 'Model ' || n % 60,
        (ARRAY['lenovo', 'dell', 'hp', 'apple'])[1 + n % 4], 'model ' || n % 60,
        (ARRAY['on', 'on', 'on', 'partly', 'off', 'unknown'])[1 + n % 6], (ARRAY['on', 'on', 'off', 'unknown'])[1 + n % 4], 100
     FROM generate_series(1, $2::int) n`,
  ],
  [
    'groups',
    `INSERT INTO core.groups (organisation_id, id, name)
     SELECT $1, pg_temp.id(2, n), 'Group ' || n FROM generate_series(1, 50) n`,
  ],
  [
    'members of groups',
    `INSERT INTO core.group_members (organisation_id, group_id, device_id)
     SELECT $1, pg_temp.id(2, 1 + n % 50), pg_temp.device(n) FROM generate_series(1, $2::int) n`,
  ],
  [
    'devices of the inventory',
    `INSERT INTO plugins.devices (organisation_id, id, name, name_key, described_at)
     SELECT $1, pg_temp.device(n), pg_temp.host(n), lower(pg_temp.host(n)), now() FROM generate_series(1, $2::int) n`,
  ],
  [
    'products',
    `INSERT INTO plugins.products (organisation_id, source, name, name_key, publisher, versions, installations)
     SELECT $1, (ARRAY['dpkg', 'dpkg', 'rpm', 'windows', 'pip'])[1 + n % 5], pg_temp.product(n), lower(pg_temp.product(n)),
        'Publisher ' || n % 300, 5, 0
     FROM generate_series(1, 20000) n`,
  ],
  [
    'titles',
    `INSERT INTO plugins.titles (organisation_id, product_id, version, publisher)
     SELECT $1, p.id, (n % 3 + 1) || '.' || n || '.' || p.id % 20, p.publisher
     FROM plugins.products p, generate_series(1, 5) n WHERE p.organisation_id = $1`,
  ],
  [
    'installed software',
    // Most devices have the same few hundred products, in one of five versions.
    `INSERT INTO plugins.installed (organisation_id, device_id, title_id, digest, since, key)
     SELECT $1, pg_temp.device(n), t.id, n::bigint * 1000 + s, now() - make_interval(secs => (n + s) % 31536000), 'dpkg:' || s
     FROM generate_series(1, $2::int) n
     CROSS JOIN generate_series(1, $3::int) s
     JOIN (SELECT id, row_number() OVER (ORDER BY product_id, version) AS place FROM plugins.titles WHERE organisation_id = $1) t
       ON t.place = 1 + (CASE WHEN s % 10 < 8 THEN s ELSE (s * 7919 + n * 31) % 20000 END) * 5 % 100000 + (n + s) % 5`,
  ],
  [
    'counts of titles',
    `UPDATE plugins.titles t SET installations = c.n, devices = c.n
     FROM (SELECT title_id, count(*)::int AS n FROM plugins.installed WHERE organisation_id = $1 GROUP BY title_id) c
     WHERE t.organisation_id = $1 AND t.id = c.title_id`,
  ],
  [
    'counts of products',
    `UPDATE plugins.products p SET installations = c.n
     FROM (SELECT product_id, sum(installations)::int AS n FROM plugins.titles WHERE organisation_id = $1 GROUP BY product_id) c
     WHERE p.organisation_id = $1 AND p.id = c.product_id`,
  ],
  [
    'changes of inventories',
    `INSERT INTO plugins.changes (organisation_id, id, device_id, section, change, key, title, title_key)
     SELECT $1, pg_temp.moment(now() - make_interval(secs => n), n), pg_temp.device(1 + n % $2::int), 'software',
        (ARRAY['appeared', 'changed', 'went'])[1 + n % 3], 'dpkg:' || n % 3000, pg_temp.product(n % 20000), lower(pg_temp.product(n % 20000))
     FROM generate_series(1, $4::int) n`,
  ],
  [
    'requests of operations',
    `INSERT INTO core.operation_batches (organisation_id, id, kind, title, procedure_id, procedure_version, requested_by,
        requested_by_id, created_at, expires_at, device_count, payload_tail)
     SELECT $1, pg_temp.id(3, n), 'procedure', 'Procedure ' || n % 40, $1, 1, 'admin@example.org', $1,
        now() - make_interval(secs => n * 600), now() + interval '7 days', 200, '}'
     FROM generate_series(1, 5000) n`,
  ],
  [
    'operations',
    `INSERT INTO core.operations (organisation_id, id, batch_id, device_id, sequence, epoch, state, reason, ended_by, created_at,
        changed_at, expires_at, time_limit_seconds, deadline_at, payload_head, signature, delegation_digest)
     SELECT $1, pg_temp.id(4, n), pg_temp.id(3, 1 + n % 5000), pg_temp.device(1 + n % $2::int), n, 1,
        CASE WHEN n % 50 = 0 THEN 'PENDING' WHEN n % 20 = 0 THEN 'ERROR' ELSE 'COMPLETED' END, 'as asked',
        CASE WHEN n % 50 = 0 THEN NULL ELSE 'device' END, now() - make_interval(secs => (n % 5000) * 600),
        now() - make_interval(secs => (n % 5000) * 600), now() + interval '7 days', 60,
        CASE WHEN n % 50 = 0 THEN now() + interval '7 days' END, '{', 's', 'bench'
     FROM generate_series(1, $4::int) n`,
  ],
  [
    'audit entries',
    `INSERT INTO audit.entries (organisation_id, number, at, actor_kind, actor_id, actor_name, action, outcome, target_kind,
        target_id, target_name, details, hash, subject, device_id)
     SELECT $1, n + coalesce((SELECT last_number FROM audit.chains WHERE organisation_id = $1), 0), at, kind, actor_id, actor_name, action, 'done', 'device', device, pg_temp.host(place), '[]',
        decode(repeat('00', 32), 'hex'), split_part(action, '.', 1), device
     FROM generate_series(1, $4::int) n
     CROSS JOIN LATERAL (SELECT 1 + n % $2::int AS place, now() - make_interval(secs => $4::int - n) AS at,
        pg_temp.device(1 + n % $2::int)::text AS device, CASE WHEN n % 4 = 0 THEN 'device' ELSE 'person' END AS kind,
        CASE WHEN n % 4 = 0 THEN pg_temp.device(1 + n % $2::int)::text ELSE pg_temp.id(5, n % 200)::text END AS actor_id,
        CASE WHEN n % 4 = 0 THEN pg_temp.host(1 + n % $2::int) ELSE 'user' || n % 200 || '@example.org' END AS actor_name,
        (ARRAY['session.began', 'operations.asked', 'device.renamed', 'operation.ended', 'group.changed'])[1 + n % 5] AS action) v`,
  ],
  [
    'the end of the audit chain',
    `UPDATE audit.chains SET last_number = (SELECT max(number) FROM audit.entries WHERE organisation_id = $1) WHERE organisation_id = $1`,
  ],
  [
    'users',
    `INSERT INTO identity.users (id, organisation_id, email, name, role, password_hash, must_change_password, created_at)
     SELECT gen_random_uuid(), $1, 'user' || n || '-' || left($1::uuid::text, 8) || '@bench.example', 'User ' || n, 'viewer', 'none', true, now()
     FROM generate_series(1, least(5000, $2::int)) n ON CONFLICT DO NOTHING`,
  ],
  [
    'sessions',
    `INSERT INTO identity.sessions (id, organisation_id, user_id, secret_hash, address, user_agent, started_at, last_seen_at, expires_at)
     SELECT gen_random_uuid(), $1, id, decode(md5(id::text) || md5(email), 'hex'), '192.0.2.1', 'bench', now(), now(), now() + interval '8 hours'
     FROM identity.users WHERE organisation_id = $1 AND password_hash = 'none'`,
  ],
  [
    'tokens',
    `INSERT INTO identity.api_tokens (id, organisation_id, owner_id, name, secret_hash, permissions, created_at, expires_at)
     SELECT gen_random_uuid(), $1, id, 'token of ' || name, decode(md5(email) || md5(id::text), 'hex'), '{devices.read}', now(), now() + interval '30 days'
     FROM identity.users WHERE organisation_id = $1 AND password_hash = 'none'`,
  ],
  [
    'registration keys',
    `INSERT INTO identity.registration_keys (id, organisation_id, name, key, created_at, created_by)
     SELECT gen_random_uuid(), $1, 'Key ' || n, 'bench-' || md5($1::uuid::text || n), now(), 'bench' FROM generate_series(1, 1000) n
     ON CONFLICT DO NOTHING`,
  ],
  [
    'log lines',
    `INSERT INTO rmm_logs.logs (organisation_id, device_id, at, level, message)
     SELECT $1, pg_temp.device(1 + n % $2::int), now() - make_interval(secs => n % 172800),
        CASE WHEN n % 100 = 0 THEN 3 WHEN n % 20 = 0 THEN 2 ELSE 1 END, 'operation ' || md5(n::text) || ' ended with code ' || n % 3
     FROM generate_series(1, $4::int) n`,
  ],
];

/** Names and ids that the steps use. The ids are as long as UUIDv7s and sort by number. */
const FUNCTIONS = `
  CREATE FUNCTION pg_temp.id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT ('0190' || lpad(to_hex(kind), 4, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
  CREATE FUNCTION pg_temp.device(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT pg_temp.id(1, n) $$;
  CREATE FUNCTION pg_temp.host(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT (ARRAY['lap', 'ws', 'srv', 'kiosk'])[1 + n % 4] || '-' || substr(md5(n::text), 1, 6) || '-' || n $$;
  CREATE FUNCTION pg_temp.product(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE n WHEN 1 THEN 'openssl' WHEN 2 THEN 'bash' ELSE (ARRAY['lib', 'python3-', 'fonts-', 'tool-', ''])[1 + n % 5] || substr(md5('p' || n), 1, 4 + (n % 9)::int) || '-' || n END $$;
  CREATE FUNCTION pg_temp.moment(at timestamptz, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid $$;`;

export async function fill(client, organisationId, { devices, softwarePerDevice, rows, say }) {
  await client.query(FUNCTIONS);
  await client.query(`SET synchronous_commit = off; SET maintenance_work_mem = '512MB'`);
  await client.query(
    `INSERT INTO core.signing_delegations (digest, chain) VALUES ('bench', '[]') ON CONFLICT DO NOTHING`,
  );
  for (const [what, sql] of STEPS) {
    const begin = performance.now();
    const values = { 1: organisationId, 2: devices, 3: softwarePerDevice, 4: rows };
    // PostgreSQL wants parameters without gaps.
    const used = [...new Set([...sql.matchAll(/\$(\d)/g)].map(([, place]) => place))];
    const numbered = sql.replace(/\$(\d)/g, (_, place) => `$${used.indexOf(place) + 1}`);
    const { rowCount } = await client.query(
      numbered,
      used.map((place) => values[place]),
    );
    // Later steps join what earlier ones wrote: without statistics by a plan for empty tables.
    const [, table] = /^(?:INSERT INTO|UPDATE) (\S+)/.exec(sql);
    await client.query(`ANALYZE ${table}`);
    say(`${what}: ${rowCount} rows in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  }
  await client.query('VACUUM ANALYZE');
}
