import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { ITSM_DOMAIN } from './harness/domain';
import { project, ran, run, until } from './harness/commands';
import type { Server } from './harness/server';
import { itsm, topology, xmpp } from './harness/servers';
import { startFrom } from './harness/starting-point';

const USER = '10001:10001';
/** Answers of the monitoring of a nats-server, which only its own container reaches. */
const askNats = async (server: Server, path: string): Promise<unknown> =>
  JSON.parse(
    await server.inside(
      'nats',
      'node',
      '-e',
      `fetch('http://127.0.0.1:8222${path}').then((reply) => reply.text()).then(console.log)`,
    ),
  );

beforeAll(() => startFrom({ version: 'any' }), 600_000);

describe.each([
  { name: 'the ITSM server', server: itsm, ports: [80, 443] },
  { name: 'the XMPP server', server: xmpp, ports: [443, 3478, 5222, 5349, 8080] },
])('$name', ({ server, ports }) => {
  it('is healthy in every part', async () => {
    expect((await server.containers()).size).toBeGreaterThan(1);
    expect(await server.unwell()).toEqual([]);
  });

  it('runs everything without privileges on read-only file systems, with limits and bounded logs', async () => {
    for (const [name, { Config, HostConfig }] of await server.containers()) {
      expect({ name, user: Config.User }).toEqual({ name, user: USER });
      expect({ name, ...HostConfig }).toMatchObject({
        name,
        ReadonlyRootfs: true,
        Privileged: false,
        CapDrop: ['ALL'],
        CapAdd: null,
        SecurityOpt: ['no-new-privileges:true'],
        LogConfig: { Type: 'json-file', Config: { 'max-size': '200m', 'max-file': '5', compress: 'true' } },
      });
      expect(HostConfig.Memory, name).toBeGreaterThan(0);
      // A one-shot ends; everything else comes back by itself.
      expect(HostConfig.RestartPolicy.Name, name).toBe(name === 'database' ? 'no' : 'unless-stopped');
    }
  });

  it('has no privilege and no place to write in its processes either', async () => {
    const look =
      'cat /proc/1/status; for at in / /etc /opt /usr /var; do touch $at/x 2>/dev/null && echo "wrote $at"; done; true';
    for (const [service, { State }] of await server.containers()) {
      if (State.Status !== 'running') continue;
      const said = await server.inside(service, 'sh', '-c', look);
      expect(said, service).toMatch(/^CapBnd:\t0{16}$/m);
      expect(said, service).toMatch(/^NoNewPrivs:\t1$/m);
      expect(said, service).not.toContain('wrote');
    }
  });

  it('opens the documented ports to the network and no other', async () => {
    const scan = [...topology.at('router'), 'python3', `${project}/e2e-compose/scan-ports.py`];
    const open = JSON.parse(await run('nsenter', [...scan, topology.address(server.engine.place)])) as number[];
    expect(open).toEqual(ports);
  });

  it('keeps secrets out of the configuration of its containers', async () => {
    const inspected = JSON.stringify([...(await server.containers())]);
    const names = readdirSync(join(server.folder, 'secrets'));
    expect(names).toContain('nats-leaf');
    for (const name of names) {
      expect(inspected.includes(server.secret(name)), name).toBe(false);
    }
  });
});

describe('the edge', () => {
  it('takes over a renewed certificate without a restart', async () => {
    const served = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const target = {
          host: topology.address('itsm'),
          port: 443,
          servername: ITSM_DOMAIN,
          rejectUnauthorized: false,
        };
        const socket = connect(target, () => {
          resolve(socket.getPeerCertificate().fingerprint256);
          socket.destroy();
        });
        socket.once('error', reject);
      });
    const [before, edge] = [await served(), (await itsm.containers()).get('web')];
    const renewed = await itsm.muster('setup', 'itsm', '--dir', itsm.folder, '--renew', '--force', '--no-start');
    expect(renewed).toMatchObject({ code: 0 });
    await until('the new certificate is served', async () => (await served()) !== before);
    expect((await itsm.containers()).get('web')?.State.StartedAt).toBe(edge?.State.StartedAt);
  });

  it('sends requests to each of several processes of a service, and to those that are left', async () => {
    const upstream = async (): Promise<number> => {
      const rendered = await itsm.inside('web', 'grep', '^upstream web_manager', '/run/edge/configuration/muster.conf');
      return rendered.match(/server [\d.]+:9000/g)?.length ?? 0;
    };
    expect(await upstream()).toBe(1);
    for (const count of [2, 1]) {
      await itsm.compose('up', '--detach', '--no-recreate', '--scale', `web-manager=${count}`);
      await until(`the edge knows ${count}`, async () => (await upstream()) === count);
    }
  });
});

describe('the edge of a server that has another name for devices', () => {
  const base = ITSM_DOMAIN.replace(/^[^.]+\./, '');
  const named = (host: string): string[] => ['run', '--no-deps', '-T', '-e', `ITSM_WEB_HOST=${host}.${base}`];

  it('answers under that name too, and under no other', async () => {
    const id = (await itsm.compose(...named('inside'), '--detach', 'web')).trim();
    try {
      const form = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
      const [address] = (await itsm.engine.docker('inspect', '--format', form, id)).trim().split(' ');
      const status = (host: string): Promise<string> =>
        run('nsenter', [
          ...[...topology.at('itsm'), 'curl', '--silent', '--insecure', '--output', '/dev/null', '--write-out'],
          ...['%{http_code}', '--resolve', `${host}:8443:${address}`, `https://${host}:8443/`],
        ]);
      await until('the edge answers', async () => (await status(ITSM_DOMAIN)) === '200');
      expect([await status(`inside.${base}`), await status(`nobody.${base}`)]).toEqual(['200', '421']);
    } finally {
      await itsm.engine.docker('rm', '--force', id);
    }
  });

  it('does not start where that is the name of a function', async () => {
    const args = [...named('work'), '--rm', 'web'];
    const refused = await ran('docker-compose', args, { cwd: itsm.folder, env: itsm.engine.environment });
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain(
      'edge: ITSM_WEB_HOST must be ITSM_DOMAIN, or a name of its own directly below BASE_DOMAIN',
    );
  });
});

describe('the link between both', () => {
  it('is a leaf node that came through the edge, by address: there is no DNS', async () => {
    expect(await askNats(itsm, '/leafz')).toMatchObject({ leafnodes: 1 });
    const { leafs } = (await askNats(xmpp, '/leafz')) as { leafs: { ip: string; port: number; is_spoke?: boolean }[] };
    expect(leafs).toMatchObject([{ ip: topology.address('itsm'), port: 443 }]);
  });

  it('is the only way of the XMPP server to the ITSM server', async () => {
    const tries = [80, 4222, 5432, 7422, 9000].map(
      (port) => `timeout 2 bash -c ': </dev/tcp/${topology.address('itsm')}/${port}' 2>/dev/null && echo ${port}`,
    );
    // All at once: each waits for an answer that never comes.
    const script = `${tries.map((one) => `(${one}) &`).join(' ')} wait`;
    expect(await run('nsenter', [...topology.at('xmpp'), 'sh', '-c', script])).toBe('');
  });

  it('is none for the database and for NATS: they reach nothing outside', async () => {
    const there = `timeout 3 bash -c ': </dev/tcp/${topology.address('xmpp')}/443' 2>/dev/null && echo reached; true`;
    const said = await Promise.all(['postgres', 'nats'].map((service) => itsm.inside(service, 'sh', '-c', there)));
    expect(said).toEqual(['', '']);
  });
});
