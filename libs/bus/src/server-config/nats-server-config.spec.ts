import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allEvents, allRequests, SERVICES } from '@muster/contracts';
import { type HubSettings, type LeafSettings, natsServerConfig } from './nats-server-config';
import { leafPermissions, servicePermissions } from './permissions';

const common = {
  serverName: 'one',
  listen: { host: '127.0.0.1', port: 4222 },
  system: { user: 'system', password: 'secret' },
  jetStream: { storeDir: '/tmp/with "quotes" and \\', maxFileBytes: 2 ** 30, maxMemoryBytes: 2 ** 26 },
};
const hub: HubSettings = {
  ...common,
  role: 'hub',
  passwords: Object.fromEntries(SERVICES.map((service) => [service, '$2a$11$5/Ph'])),
  leafListen: { host: '::1', port: 4243 },
  leaf: { user: 'leaf', password: 'x', services: ['push-broker'] },
  monitor: { host: '127.0.0.1', port: 8222 },
};
const leaf: LeafSettings = {
  ...common,
  role: 'leaf',
  passwords: { 'push-broker': 'p' },
  hub: { url: 'wss://itsm.example', user: 'leaf', password: 'p@ss/word:', caFile: '/dev/null' },
};

/** @throws with what nats-server says */
function check(text: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'bus-config-'));
  try {
    writeFileSync(join(folder, 'nats.conf'), text);
    execFileSync(process.env['NATS_SERVER'] ?? 'nats-server', ['-t', '-c', join(folder, 'nats.conf')]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the configuration of nats-server', () => {
  it('is one that nats-server accepts, for a hub and for a leaf', () => {
    check(natsServerConfig(hub));
    check(natsServerConfig({ ...leaf, hub: { ...leaf.hub, caFile: undefined } }));
    expect(() => check(`${natsServerConfig(hub)}\nunknown_word: 1`)).toThrow();
  });

  it('escapes credentials and paths', () => {
    expect(natsServerConfig(leaf)).toContain('urls: ["wss://leaf:p%40ss%2Fword%3A@itsm.example:443"]');
    expect(natsServerConfig(hub)).toContain('"/tmp/with \\"quotes\\" and \\\\"');
    expect(() => natsServerConfig({ ...hub, serverName: 'a\nb' })).toThrow('control characters');
  });

  it('dials addresses of the hub beside its name', () => {
    const config = natsServerConfig({
      ...leaf,
      hub: { url: 'wss://itsm.example:8443', addresses: ['192.0.2.1', '2001:db8::1'], user: 'leaf', password: 'x' },
    });
    expect(config).toContain(
      'urls: ["wss://leaf:x@itsm.example:8443", "wss://leaf:x@192.0.2.1:8443", "wss://leaf:x@[2001:db8::1]:8443"]',
    );
    check(config);
  });

  it('asks for the memory that PRESENCE needs', () => {
    const jetStream = { ...common.jetStream, maxMemoryBytes: 1024 };
    expect(() => natsServerConfig({ ...hub, jetStream })).toThrow('bytes of memory');
  });
});

describe('permissions', () => {
  const contractSubjects = new Set([...allEvents(), ...allRequests()].map(({ subject }) => subject));

  it.each(SERVICES)('%s may say and hear what the contracts give it', (service) => {
    const { publish, subscribe } = servicePermissions(service);
    const ours = (subjects: string[]): string[] => subjects.filter((subject) => contractSubjects.has(subject)).sort();
    const said = [
      ...allEvents().filter(({ publishers }) => publishers.includes(service)),
      ...allRequests().filter(({ callers }) => callers.includes(service)),
    ];
    expect(ours(publish)).toEqual(said.map(({ subject }) => subject).sort());
    const heard = [
      ...allEvents().filter(({ delivery, consumers }) => delivery === 'ephemeral' && consumers.includes(service)),
      ...allRequests().filter(({ server }) => server === service),
    ];
    expect(ours(subscribe)).toEqual(heard.map(({ subject }) => subject).sort());
    for (const subject of [...publish, ...subscribe])
      expect(subject).not.toMatch(/^(>|\*|\$SYS|_INBOX\.>|\$JS\.API\.>)/);
  });

  it('a service without streams has nothing to do with JetStream', () => {
    expect(servicePermissions('bip').publish.join()).not.toContain('$JS');
  });

  it('only who has a stream of its own may touch it', () => {
    const may = SERVICES.filter((service) => /OFFLINE|offline/.test(servicePermissions(service).publish.join()));
    expect(may).toEqual(['push-broker']);
    const own = servicePermissions('push-broker').publish.filter((subject) => subject.startsWith('$JS'));
    expect(own.filter((subject) => !/\.OFFLINE(\.>)?$/.test(subject))).toEqual([]);
  });

  it('only the keeper reads and replays dead letters', () => {
    const keepers = SERVICES.filter((service) => servicePermissions(service).publish.includes('replays.>'));
    expect(keepers).toEqual(['web']);
  });

  it('nothing of JetStream crosses the leaf link', () => {
    const { publish, subscribe } = leafPermissions(['push-broker']);
    expect([...publish, ...subscribe].join()).not.toMatch(/\$JS|\$SYS|>,.*_INBOX\.>/);
    expect([...publish, ...subscribe].join()).not.toContain('offline.');
    expect(publish).toContain('presence.changed.v1');
    expect(publish).not.toContain('identity.revoked.v1');
    expect(subscribe).toContain('identity.revoked.v1');
  });
});
