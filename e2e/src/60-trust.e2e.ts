import { listDevices, retireDevice } from '@muster/contracts';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from './harness/api';
import { enrolledDevice } from './harness/devices';
import { asAdmin } from './harness/people';
import { localDevice, start, untilEnded } from './harness/procedures';
import { basePort, data, kill, project, secrets, status, until, untilReady } from './harness/stack';

let admin: Api;
let device: string;
beforeAll(async () => {
  admin = await asAdmin();
  device = (await localDevice(admin)).id;
});

const presenceOf = async (id: string): Promise<string | undefined> =>
  (await admin.call(listDevices, { query: { size: 200, sort: 'enrolledAt', direction: 'descending' } })).devices.find(
    (one) => one.id === id,
  )?.presence;

describe('a device that is retired', () => {
  it('is refused everywhere within a second, its connection closed', async () => {
    const victim = await enrolledDevice();
    const stream = await victim.connect();
    await victim.sync();
    await until('it is green', async () => (await presenceOf(victim.id)) === 'online');
    await admin.call(retireDevice, { params: { id: victim.id } });
    await until('its connection is closed', async () => !stream.isOpen, 1);
    await expect(victim.sync()).rejects.toMatchObject({ code: 'device-revoked' });
    await expect(victim.connect()).rejects.toThrow();
    await expect(victim.renew()).rejects.toMatchObject({ code: 'device-revoked' });
  });
});

/** What somebody could do who took over `web` and its database: everything but sign. */
describe('an operation that was tampered with', () => {
  const change = async (id: string, statement: string): Promise<void> => {
    const client = new pg.Client({
      connectionString: `postgres://muster_admin:${secrets().postgresAdmin}@127.0.0.1:${basePort + 32}/postgres`,
    });
    await client.connect();
    const { rowCount } = await client.query(statement, [id]);
    await client.end();
    expect(rowCount).toBe(1);
  };

  it('is not run, and reported', async () => {
    const sleeper = await enrolledDevice();
    const { id } = await start(admin, sleeper.id, 'true');
    await change(
      id,
      `UPDATE core.operation_batches b SET payload_tail = replace(payload_tail, '"true"', '"false"')
        FROM core.operations o WHERE o.batch_id = b.id AND o.id = $1 AND payload_tail LIKE '%"true"%'`,
    );
    const { operations, refused } = await sleeper.sync();
    expect(operations).toEqual([]);
    expect(refused.map(({ reason }) => reason)).toEqual(['bad-signature']);
    await sleeper.report(id, 'refused', { refusal: 'bad-signature' });
    expect(await untilEnded(admin, id)).toMatchObject({ state: 'ERROR' });
  });

  it('is refused by the real agent, also when it is one that ran before', async () => {
    const marker = `/tmp/muster-replay-${Math.random().toString(36).slice(2)}`;
    const { id } = await start(admin, device, `echo ran >> ${marker}`);
    await untilEnded(admin, id);
    await change(
      id,
      "UPDATE core.operations SET state = 'PENDING', ended_by = NULL, deadline_at = expires_at WHERE id = $1",
    );
    const next = await start(admin, device, `wc -l < ${marker}`);
    await untilEnded(admin, next.id);
    expect(readFileSync(marker, 'utf8')).toBe('ran\n');
  });
});

const identityFile = (): string => join(data, 'agent-state/identity.json');
const chainOf = (): string => (JSON.parse(readFileSync(identityFile(), 'utf8')) as { chain: string }).chain;

describe('a device whose certificate expired while it slept', () => {
  it('renews by its key and is green again', async () => {
    const expired = expiredCopy();
    const pid = await kill('agent', 'SIGSTOP');
    const identity = JSON.parse(readFileSync(identityFile(), 'utf8')) as Record<string, unknown>;
    writeFileSync(identityFile(), JSON.stringify({ ...identity, chain: expired }));
    process.kill(pid, 'SIGKILL');
    await untilReady('agent', pid);
    await until('it has a certificate that is valid now', async () => {
      return Date.parse(new X509Certificate(chainOf()).validTo) > Date.now();
    });
    const { id } = await start(admin, device, 'true');
    expect((await untilEnded(admin, id)).state).toBe('COMPLETED');
  });
});

/** The same key and names, issued by the stack's own authority for a time that is over. */
function expiredCopy(): string {
  const issuer = join(data, 'authority/issuing/devices');
  const script = `
    set -e; d=$(mktemp -d); cat > $d/key.pem; cd $d; mkdir new; : > index; echo 77 > serial
    printf '%s' "$CONFIG" > ca.cnf
    openssl req -new -key key.pem -subj "/CN=$NAME" -out r.csr
    openssl ca -batch -config ca.cnf -in r.csr -out leaf.crt -startdate 20250101000000Z -enddate 20250201000000Z -notext 2>/dev/null
    cat leaf.crt "$ISSUER.crt"; rm -r $d`;
  const config = [
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=new\nserial=serial\ndefault_md=sha256\npolicy=p',
    `certificate=${issuer}.crt\nprivate_key=${issuer}.key\nx509_extensions=e\nunique_subject=no`,
    '[p]\ncommonName=supplied\n[e]\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth',
    `subjectAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:${device}@xmpp.muster.localhost\n`,
  ].join('\n');
  return execFileSync('sh', ['-c', script], {
    input: readFileSync(join(data, 'agent-state/device.key')),
    env: { ...process.env, CONFIG: config, NAME: device, ISSUER: issuer },
  }).toString();
}

describe('a roll-over of the root', () => {
  it('needs no touch of a device: one that is online and one that slept end up under the new root', async () => {
    const sleeper = await enrolledDevice();
    const witness = await enrolledDevice();
    execFileSync(join(project, 'certs-templates/make-certs.sh'), ['roll', join(data, 'authority'), 'Muster local']);
    const roots = join(data, 'authority/roots');
    const newest =
      readdirSync(roots)
        .filter((name) => name.endsWith('.crt'))
        .sort()
        .at(-1) ?? '';
    const root = new X509Certificate(readFileSync(join(roots, newest)));
    await until('the suite hands out both roots', async () => {
      await witness.sync();
      return witness.map?.anchors.length === 2;
    });
    // Whatever makes it sync brings the new endpoint map.
    await untilEnded(admin, (await start(admin, device, 'true')).id);
    await until('the agent has a certificate under the new root', async () => {
      const [, issuing] = chainOf().match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ?? [];
      return issuing !== undefined && new X509Certificate(issuing).verify(root.publicKey);
    });
    const { id } = await start(admin, device, 'true');
    expect((await untilEnded(admin, id)).state).toBe('COMPLETED');
    await until('it is green', async () => (await presenceOf(device)) === 'online');

    // The sleeper wakes with nothing but the old root, is shown the way to the new one, and renews.
    const signedUnderNew = await start(admin, sleeper.id, 'true');
    expect(sleeper.map?.anchors).toHaveLength(1);
    const { operations, refused } = await sleeper.sync();
    expect(refused).toEqual([]);
    expect(operations.map(({ operationId }) => operationId)).toEqual([signedUnderNew.id]);
    expect(sleeper.map?.anchors).toHaveLength(2);
    const renewed = await sleeper.renew();
    const [, issuing] = renewed.chain.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ?? [];
    expect(new X509Certificate(issuing ?? '').verify(root.publicKey)).toBe(true);
    await sleeper.sync();
    const stream = await sleeper.connect();
    await stream.close();
    expect((await status()).ready).toBe(true);
  });
});
