import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../core/run';
import { encodeJoin, type Join } from '../setup/join-token';
import { Commands } from '../site/commands';
import { openSite } from '../site/site';
import { CapturedTerminal } from '../testing/captured-terminal';
import { testFolder } from '../testing/folder';
import { UrlStack } from '../testing/url-stack';
import { writeBundle } from './bundle';
import '../verbs';

const folder = testFolder();

/** Everything in an archive as one text. */
function unpacked(file: string): { names: string[]; text: string } {
  const target = join(folder, `unpacked-${Math.random()}`);
  mkdirSync(target);
  execFileSync('tar', ['-xzf', file, '-C', target]);
  const names = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(target, name)).isFile(),
  );
  return { names, text: names.map((name) => readFileSync(join(target, name), 'utf8')).join('\n') };
}

describe('the support bundle', () => {
  it('holds what helps, and none of the secrets of an installation, wherever they were planted', async () => {
    const dir = join(folder, 'itsm');
    const answers = ['--domain', '192.0.2.10', '--address', '192.0.2.10', '--xmpp-address', '192.0.2.11'];
    const words = ['setup', 'itsm', ...answers, '--dir', dir, '--no-start', '--force'];
    expect(await run(words, new CapturedTerminal(), { MUSTER_VERSION: '1.2.3' })).toBe(0);
    const secrets = readdirSync(join(dir, 'secrets')).map((name) => readFileSync(join(dir, 'secrets', name), 'utf8'));
    const privateKeys = [join(dir, 'certs/cert.key'), join(dir, 'authority/roots/root-1.key')].map((file) =>
      readFileSync(file, 'utf8'),
    );
    const token = readFileSync(join(dir, 'join/token'), 'utf8').trim();
    writeFileSync(
      join(dir, '.env'),
      `${readFileSync(join(dir, '.env'), 'utf8')}SMTP_PASSWORD=typed-into-the-wrong-file\n`,
    );

    // A service whose log and metrics say everything that they should not.
    const leak = [...secrets, ...privateKeys, token, ...secrets.map((one) => encodeURIComponent(`user:${one}`))].join(
      '\n',
    );
    const server = createServer((_request, reply) => reply.end(`# HELP leak\n${leak}`)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const stack = new UrlStack({ web: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    stack.running = [{ name: 'web', state: 'running', restarts: 0, reason: `it said ${secrets[0]}` }];
    stack.texts.set(
      'web',
      `{"level":"info","msg":"Listening."}\n${leak}\n{"authorization":"Bearer planted-bearer-token"}\n`,
    );
    const site = { ...openSite({ dir }), stack };
    const file = join(folder, 'bundle.tar.gz');
    const finding = { check: 'services', verdict: 'fault', sentence: `web says ${secrets[1]}` } as const;
    const options = { file, lines: 100, version: '1.2.3', commands: new Commands() };
    const contents = await writeBundle(site, { ...options, findings: [finding] });
    server.close();

    const { names, text } = unpacked(file);
    expect(contents).toEqual(
      expect.arrayContaining(['doctor.json', 'configuration/env', 'logs/web.log', 'metrics/web.txt']),
    );
    expect(names.length).toBe(contents.length);
    expect(text).toContain('Listening.');
    expect(text).toContain('ITSM_WEB_IP=192.0.2.10');
    const keyLines = privateKeys.flatMap((pem) =>
      pem.split('\n').filter((line) => line.length > 30 && !line.startsWith('--')),
    );
    const planted = [...secrets, ...keyLines, token, 'typed-into-the-wrong-file', 'planted-bearer-token'];
    expect(planted.length).toBeGreaterThan(20);
    for (const secret of planted) expect(text).not.toContain(secret);
    expect(statSync(file).mode & 0o077).toBe(0);
    await expect(writeBundle(site, { ...options, findings: [] })).rejects.toMatchObject({ exitCode: 73 });
  });

  it('takes out a join token of any server', () => {
    const token = encodeJoin({ natsLeaf: 'x', expiresAt: '2030-01-01T00:00:00Z' } as Join);
    expect(token).toMatch(/^muster-join-1\.[\w-]+$/);
  });
});
