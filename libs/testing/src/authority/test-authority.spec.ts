import { sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faultOfSigned } from '../device/verify-signed';
import { TestAuthority } from './test-authority';

const PURPOSES = ['operation', 'endpoint-map', 'audit-head', 'release'] as const;

let authority: TestAuthority;
beforeAll(async () => {
  authority = await TestAuthority.create();
});
afterAll(() => authority.remove());

describe.each(PURPOSES)('what the delegation for %s signs', (purpose) => {
  const file = (kind: string): string => readFileSync(join(authority.dir, `signing/${purpose}.${kind}`), 'utf8');
  const signed = () => ({
    payload: 'text',
    signature: sign('sha256', Buffer.from('text'), file('key')).toString('base64'),
    delegation: [file('crt')],
  });

  it.each(PURPOSES)('counts for %s only where that is its purpose', (wanted) => {
    const fault = faultOfSigned(signed(), wanted, [authority.rootPem]);
    expect(fault).toBe(wanted === purpose ? undefined : 'not-delegated');
  });
});
