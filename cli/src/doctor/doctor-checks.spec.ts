import { describe, expect, it } from 'vitest';
import type { Site } from '../site/site';
import { UrlStack } from '../testing/url-stack';
import { doctorChecks } from './doctor-checks';

/** An installation as its folder is read; nothing is asked in these tests. */
function site(kind: 'itsm' | 'xmpp'): Site {
  const stack = new UrlStack();
  if (kind === 'itsm') stack.database = 'postgres://muster_admin@127.0.0.1:1/postgres';
  const place = { host: '127.0.0.1', port: 443, serverName: `${kind}.company.test` };
  return {
    ...{ kind, stack, folder: '/nowhere', backups: '/nowhere/backups', roots: ['root'] },
    trust: { roots: [], public: false },
    names: [{ name: 'itsm.company.test', addresses: [], needed: true }],
    certificates: [{ certificate: { file: 'a', keyFile: 'b', names: [], roots: [] }, place }],
    nats: { parts: ['nats'], leafAt: 'nats' },
    itsm: { host: '192.0.2.10', port: 443, name: 'itsm.company.test' },
    xmpp: { host: '192.0.2.11', port: 443, domain: 'xmpp.company.test', pushPort: 8080, pushOn: kind === 'xmpp' },
    turn: [{ host: '192.0.2.11', port: 3478 }],
    turnHere: kind === 'xmpp',
    ...(kind === 'xmpp' ? { hubRoots: ['root'] } : {}),
  };
}
const names = async (kind: 'itsm' | 'xmpp'): Promise<string[]> => {
  const checks = await doctorChecks(site(kind), { backupDays: 2 });
  return [...new Set(checks.map(({ name }) => name))].sort();
};

describe('muster doctor looks at', () => {
  it('everything of the ITSM server, its clock among it', async () => {
    expect(await names('itsm')).toEqual(
      expect.arrayContaining([
        ...['backups', 'certificates', 'clock', 'database', 'edge', 'email', 'link', 'machine', 'names', 'queues'],
        ...['presence', 'services', 'turn', 'xmpp'],
      ]),
    );
  });

  it('everything of the XMPP server, its clock and its way to the other among it', async () => {
    expect(await names('xmpp')).toEqual(
      expect.arrayContaining([
        ...['certificates', 'clock', 'edge', 'link', 'machine', 'names', 'push', 'services', 'turn', 'turn-streams'],
        'xmpp',
      ]),
    );
  });
});
