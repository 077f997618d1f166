import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Environment, natsFiles } from './nats';

const folder = mkdtempSync(join(tmpdir(), 'muster-setup-'));
afterAll(() => rmSync(folder, { recursive: true }));
const written = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const PUBLIC_ROOTS = join(folder, 'public-roots.pem');

const hubSecrets = new Map([
  ['nats-system', 'system-password'],
  ['nats-leaf', 'leaf-password'],
  ['nats-web', 'web-password'],
]);
const leafSecrets = new Map([
  ['nats-system', 'system-password'],
  ['nats-leaf', 'leaf/pass@word'],
  ['nats-push-broker', 'broker-password'],
]);
const NATS_STORE_BYTES = '1000000000';
const leafEnv: Environment = { ITSM_DOMAIN: 'itsm.example', ITSM_WEB_IP: '192.0.2.1, 2001:db8::1', NATS_STORE_BYTES };
const leaf = (env: Environment = {}): ReturnType<typeof natsFiles> =>
  natsFiles('leaf', leafSecrets, { ...leafEnv, ...env }, PUBLIC_ROOTS);

/** nats-server's own judgement. @throws Error with what it says */
const check = (config: string): Buffer =>
  execFileSync('nats-server', ['-t', '-c', written('nats.conf', config)], { stdio: 'pipe' });

describe('the configuration of the stack’s nats-servers', () => {
  it('has a user for each secret of a service, on a hub that leaf nodes come to', () => {
    const { config, publicRoots } = natsFiles('hub', hubSecrets, { NATS_STORE_BYTES }, PUBLIC_ROOTS);
    check(config);
    expect(publicRoots).toBeUndefined();
    for (const user of ['web', 'leaf', 'system']) {
      expect(config).toMatch(new RegExp(`user: "${user}",?\\s+password: "${user}-password"`));
    }
    expect(config).not.toContain('user: "push-broker"');
    expect(config).toMatch(/websocket \{\n\s+listen: "0\.0\.0\.0:7422"/);
  });

  it('dials the hub by name and addresses, and trusts public authorities where none is given', () => {
    const { config, publicRoots = '' } = leaf();
    for (const host of ['itsm.example', '192.0.2.1', '[2001:db8::1]']) {
      expect(config).toContain(`"wss://leaf:leaf%2Fpass%40word@${host}:443"`);
    }
    expect(publicRoots.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(50);
    written('public-roots.pem', publicRoots);
    check(config);
  });

  it('dials the hub by the name that it has for others than browsers, where it has one', () => {
    const { config } = leaf({ ITSM_WEB_HOST: 'inside.example', BASE_DOMAIN: 'example' });
    expect(config).toContain('@inside.example:443"');
    expect(config).not.toContain('itsm.example');
    expect(() => leaf({ ITSM_WEB_HOST: 'inside.elsewhere' })).toThrow('ITSM_WEB_HOST: must be ITSM_DOMAIN, or a name');
  });

  it('trusts only the given authority where there is one', () => {
    const [root = ''] = (leaf().publicRoots ?? '').match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/) ?? [];
    const anchors = written('hub.pem', root);
    const { config, publicRoots } = leaf({ HUB_ANCHORS_FILE: anchors, EDGE_PORT: '8443' });
    check(config);
    expect(publicRoots).toBeUndefined();
    expect(config).toContain(`ca_file: "${anchors}"`);
    expect(config).toContain('@itsm.example:8443"');
  });

  it('names what is missing or wrong', () => {
    const hub =
      (secrets: [string, string][], env: Environment = { NATS_STORE_BYTES }) =>
      () =>
        natsFiles('hub', new Map(secrets), env, PUBLIC_ROOTS);
    const all = [...hubSecrets];
    expect(hub(all.filter(([name]) => name !== 'nats-leaf'))).toThrow('the secret nats-leaf is missing');
    expect(hub([...all, ['nats-stranger', 'x']])).toThrow(
      'nats-stranger is for a service that this version does not know',
    );
    expect(hub(all, { NATS_STORE_BYTES: '8 GB' })).toThrow('NATS_STORE_BYTES must be a whole number of bytes');
    expect(hub(all, {})).toThrow('NATS_STORE_BYTES is not set');
    expect(() => leaf({ ITSM_DOMAIN: '' })).toThrow('ITSM_DOMAIN is not set');
  });
});
