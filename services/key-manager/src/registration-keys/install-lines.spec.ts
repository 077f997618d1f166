import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { caBundle, type InstallLine } from '@muster/contracts';
import { type InstallHost, installLines } from './install-lines';

const run = promisify(execFile);
const HOST = 'itsm.muster-install.test';
const KEY = '0123456789abcdef0123456789abcdef01234567';

let dir: string;
let anchors: string[];
let server: Server;
let where: InstallHost;
let served: { ca: string; requests: string[]; script: string; status: number };

/** A root and a server certificate for the name and for 127.0.0.1, as a set-up with its own CA has them. */
function certificates(name: string): { root: string; key: string; chain: string } {
  const at = (file: string) => join(dir, `${name}-${file}`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...ec, '-keyout', at('ca.key'), '-out', at('ca.crt'), '-subj', `/CN=${name}`, '-days', '2');
  openssl('req', ...ec, '-keyout', at('key'), '-out', at('csr'), '-subj', `/CN=${HOST}`);
  writeFileSync(at('ext'), `subjectAltName=DNS:${HOST},IP:127.0.0.1\n`);
  const signing = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '1', '-extfile', at('ext')];
  openssl('x509', '-req', '-in', at('csr'), '-out', at('crt'), ...signing);
  return {
    root: readFileSync(at('ca.crt'), 'utf8'),
    key: readFileSync(at('key'), 'utf8'),
    chain: readFileSync(at('crt'), 'utf8'),
  };
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'muster-line-'));
  const own = certificates('own');
  anchors = [own.root, certificates('next').root];
  server = createServer({ key: own.key, cert: own.chain }, (request, response) => {
    served.requests.push(request.url ?? '');
    if (request.url === '/ca.crt') return response.end(served.ca);
    response.writeHead(served.status).end(served.script);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  where = { host: HOST, port: (server.address() as AddressInfo).port, addresses: ['127.0.0.1'] };
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  served = { ca: caBundle({ anchors }), requests: [], script: 'echo "ran as $(id -u)"; exit 0\n', status: 200 };
});

const lineFor = (purpose: InstallLine['purpose'], at: InstallHost = where) =>
  installLines(KEY, { anchors }, at).find((line) => line.purpose === purpose)?.line ?? '';

/** As a person pastes it: through an interactive-like shell's standard input. */
async function paste(
  line: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ stdout: string; stderr: string; code: number }> {
  const shell: ChildProcess = spawn('sh', [], { env: { ...process.env, ...env } });
  let [stdout, stderr] = ['', ''];
  shell.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  shell.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  shell.stdin?.end(`${line}\n`);
  const code = await new Promise<number>((ended) => shell.on('close', (status) => ended(status ?? -1)));
  return { stdout, stderr, code };
}

/** A PATH without curl, so that wget is taken. */
async function withoutCurl(): Promise<NodeJS.ProcessEnv> {
  const bin = mkdtempSync(join(dir, 'bin-'));
  for (const tool of ['sh', 'wget', 'mktemp', 'rm', 'sed', 'sha256sum', 'id']) {
    const { stdout } = await run('sh', ['-c', `command -v ${tool}`]);
    execFileSync('ln', ['-s', stdout.trim(), join(bin, tool)]);
  }
  return { PATH: bin };
}

describe('install lines', () => {
  it('are one line each, quote nothing in a way that a paste could break, and fit the contract', () => {
    for (const { line } of installLines(KEY, { anchors }, where)) {
      expect(line).toMatch(/^sh -c '[^'\n]+'$/);
      expect(line.length).toBeLessThan(4096);
    }
  });

  it.each(['install', 'uninstall'] as const)(
    'fetch the CA, then the %s script under it, and run it',
    async (purpose) => {
      const temporary = mkdtempSync(join(dir, 'tmp with space '));
      const ran = await paste(lineFor(purpose), { TMPDIR: temporary });
      expect(ran).toMatchObject({ code: 0, stdout: `ran as ${process.getuid?.()}\n`, stderr: '' });
      expect(served.requests).toEqual(['/ca.crt', `/bip/${KEY}/${purpose}.sh`]);
      expect(readdirSync(temporary)).toEqual([]);
    },
  );

  it('work with wget where there is no curl', async () => {
    const ran = await paste(lineFor('install'), await withoutCurl());
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('ran as');
  });

  it('work behind another command, as with sudo', async () => {
    const ran = await paste(`env ${lineFor('install')}`);
    expect(ran.stdout).toContain('ran as');
  });

  it('work with an address instead of a name', async () => {
    const ran = await paste(lineFor('install', { ...where, host: '127.0.0.1' }));
    expect(ran.stdout).toContain('ran as');
  });

  it('give the exit code of the script', async () => {
    served.script = 'exit 7\n';
    expect((await paste(lineFor('install'))).code).toBe(7);
  });

  it.each([
    ['another certificate', () => anchors[1] ?? ''],
    ['one byte more', () => `${caBundle({ anchors })}\n`],
    ['nothing', () => ''],
  ])('fetch and run nothing when the server sends %s for the CA', async (_case, ca) => {
    served.ca = ca();
    const ran = await paste(lineFor('install'));
    expect(ran.code).toBe(1);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain('Nothing was run');
    expect(served.requests).toEqual(['/ca.crt']);
  });

  it.each(['curl', 'wget'])('refuse a server that the CA does not vouch for, with %s', async (tool) => {
    const foreign = certificates('foreign');
    const impostor = createServer({ key: foreign.key, cert: foreign.chain }, (request, response) =>
      response.end(request.url === '/ca.crt' ? caBundle({ anchors }) : 'echo pwned\n'),
    );
    await new Promise<void>((ready) => impostor.listen(0, '127.0.0.1', ready));
    const at = { ...where, port: (impostor.address() as AddressInfo).port };
    const ran = await paste(lineFor('install', at), tool === 'wget' ? await withoutCurl() : {});
    impostor.close();
    expect(ran.code).not.toBe(0);
    expect(ran.stdout).toBe('');
  });

  describe.each(['curl', 'wget'])('with %s', (tool) => {
    const given = async (): Promise<NodeJS.ProcessEnv> => (tool === 'wget' ? withoutCurl() : {});

    it('say why the server refuses the script, and run nothing of its answer', async () => {
      served.status = 403;
      served.script = '{"code":"key-revoked","message":"The key was revoked.","correlationId":"1"}';
      expect(await paste(lineFor('install'), await given())).toEqual({
        code: 1,
        stdout: '',
        stderr: 'muster: The server refused the script. The key was revoked. Nothing was run.\n',
      });
    });

    it('do without a reason when the answer holds none', async () => {
      served.status = 502;
      served.script = 'echo pwned\n';
      expect(await paste(lineFor('install'), await given())).toEqual({
        code: 1,
        stdout: '',
        stderr: 'muster: The server refused the script. Nothing was run.\n',
      });
    });

    it('say that nothing was run when there is no server', async () => {
      const ran = await paste(lineFor('install', { ...where, port: 1 }), await given());
      expect(ran).toMatchObject({ code: 1, stdout: '' });
      expect(ran.stderr).toContain('muster: The CA certificate could not be fetched. Nothing was run.');
    });
  });

  describe('where the installation accepts servers of another CA', () => {
    const bundle = (extra: object): string => caBundle({ anchors, ...extra });
    let company: ReturnType<typeof certificates>;
    let port: number;
    let foreign: Server;

    beforeAll(async () => {
      company = certificates('company');
      foreign = createServer({ key: company.key, cert: company.chain }, (request, response) =>
        response.end(request.url === '/ca.crt' ? served.ca : served.script),
      );
      await new Promise<void>((ready) => foreign.listen(0, '127.0.0.1', ready));
      ({ port } = foreign.address() as AddressInfo);
    });
    afterAll(() => foreign.close());
    const lineOf = (extra: object): string =>
      installLines(KEY, { anchors, ...extra }, { ...where, port }).find(({ purpose }) => purpose === 'install')?.line ??
      '';

    it.each(['curl', 'wget'])(
      "verify the script's server under its root, which the bundle carries, with %s",
      async (tool) => {
        const extra = { serverAnchors: [company.root] };
        served.ca = bundle(extra);
        const ran = await paste(lineOf(extra), tool === 'wget' ? await withoutCurl() : {});
        expect(ran).toMatchObject({ code: 0, stderr: '' });
        expect(ran.stdout).toContain('ran as');
      },
    );

    it('add what the system trusts only where public authorities count', async () => {
      // Stands in for the system's own file: what `cat` reads there.
      const bin = mkdtempSync(join(dir, 'system-'));
      writeFileSync(join(bin, 'cat'), `#!/bin/sh\necho '${company.root}'\n`, { mode: 0o755 });
      const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
      served.ca = bundle({});
      expect(await paste(lineOf({}), env)).toMatchObject({ code: 1, stdout: '' });
      const ran = await paste(lineOf({ publicServers: true }), env);
      expect(ran).toMatchObject({ code: 0, stderr: '' });
    });

    it('still fit the contract', () => {
      const line = lineOf({ serverAnchors: [company.root], publicServers: true });
      expect(line).toMatch(/^sh -c '[^'\n]+'$/);
      expect(line.length).toBeLessThan(4096);
    });
  });

  it('run nothing when the paste was cut short', async () => {
    const line = lineFor('install');
    const ran = await paste(line.slice(0, -9));
    expect(ran.code).not.toBe(0);
    expect(served.requests).toEqual([]);
  });
});
