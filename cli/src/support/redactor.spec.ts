import { describe, expect, it } from 'vitest';
import { Redactor } from './redactor';

const SECRET = 'q7Yw-planted_secret/with+signs=';
const redactor = new Redactor([{ name: 'nats-web', value: SECRET }]);
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the redactor', () => {
  it.each([
    ['as it is', SECRET],
    ['in a URL', `nats://web:${encodeURIComponent(SECRET)}@nats:4222`],
    ['in JSON', JSON.stringify({ anything: SECRET })],
    ['in base64', base64(SECRET)],
    ['behind a user name, in base64', `Basic ${base64(`web:${SECRET}`)}`],
    ['behind a longer one', base64(`webs:${SECRET}`)],
  ])('takes a known secret out: %s', (_where, text) => {
    const cleaned = redactor.clean(`before ${text} after`);
    for (const form of [SECRET, encodeURIComponent(SECRET), base64(SECRET).slice(0, -4)])
      expect(cleaned).not.toContain(form);
    expect(cleaned).toContain('[secret');
    expect(cleaned).toMatch(/^before .* after$/);
  });

  it.each([
    ['-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByq\n-----END PRIVATE KEY-----', 'MIGHAgEAMBMGByq'],
    ['-----BEGIN EC PRIVATE KEY-----\nMIGHAgEAMBMGByq and cut off', 'MIGHAgEAMBMGByq'],
    ['{"key":"-----BEGIN PRIVATE KEY-----\\nMIGHAgEAMBMGByq\\n-----END PRIVATE KEY-----\\n"}', 'MIGHAgEAMBMGByq'],
    ['postgres://muster_core_app:hunter22@10.0.0.2/postgres', 'hunter22'],
    ['GET /bip/Zk3vQ9xT7pLw2RbN8sYc/install.sh', 'Zk3vQ9xT7pLw2RbN8sYc'],
    ['authorization: Bearer mst_abcdef0123456789', 'mst_abcdef0123456789'],
    ['Cookie: __Host-muster-session=abc123def456; other=1', 'abc123def456'],
    ['{"oneTimePassword":"abcd-efgh-jkmn-pqrs","name":"Ada"}', 'abcd-efgh'],
    ['{"client_secret": "with \\"quotes\\" inside"}', 'inside'],
    ['TURN_SECRET=abcdefghijk\nITSM_DOMAIN=itsm.test', 'abcdefghijk'],
    ['?password=hunter22&user=ada', 'hunter22'],
    [`eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl`, 'eyJzdWIiOiIxIn0'],
    ['--join muster-join-1.H4sIAAAAAAAA_-x', 'H4sIAAAAAAAA'],
  ])('takes out what looks like a secret: %s', (text, secret) => {
    expect(redactor.clean(text)).not.toContain(secret);
  });

  it.each([
    'ITSM_DOMAIN=itsm.company.test',
    'NATS_PASSWORD_FILE=/run/secrets/nats-web',
    '{"level":"info","msg":"Migrated the schema.","schema":"core"}',
    'muster_devices{presence="online"} 42',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  ])('leaves the rest: %s', (text) => expect(redactor.clean(text)).toBe(text));
});
