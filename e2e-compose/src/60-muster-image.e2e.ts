import { existsSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ran, ran, run, until } from './harness/commands';
import { ITSM_DOMAIN } from './harness/domain';
import { DockerOnly } from './harness/docker-only';
import { asAdmin, itsm, topology, xmpp } from './harness/servers';
import { startFrom } from './harness/starting-point';

interface Finding {
  code?: string;
  verdict: string;
  sentence: string;
}
interface Part {
  name: string;
  state: string;
}

/** Parts with their states, findings with their verdicts, and the exit code. */
function what({ code, stdout }: Ran): unknown[] {
  const { parts = [], findings = [] } = JSON.parse(stdout) as { parts?: Part[]; findings?: Finding[] };
  const found = findings.map((one) => [one.code ?? '', one.verdict]);
  return [code, ...parts.map(({ name, state }) => [name, state]), ...found];
}

const [first, second] = [new DockerOnly(itsm, topology), new DockerOnly(xmpp, topology)];
/** A place of the administrator's own, below /var as a system's folders are. */
const own = (name: string): string => join(first.bin, name);
const ownerOf = (file: string): string => {
  const { uid, gid, mode } = statSync(file);
  return `${uid}:${gid} ${(mode & 0o777).toString(8)}`;
};

beforeAll(async () => {
  await startFrom({ version: 'any' });
  for (const one of [first, second]) await one.install();
}, 600_000);

describe('muster on a server with Docker and without Node.js', () => {
  it('is installed by one line, from its image', async () => {
    expect((await first.sh('command -v node')).code).not.toBe(0);
    expect(await first.muster(['--version'])).toEqual({ code: 0, stdout: `${itsm.version}\n`, stderr: '' });
    const help = await first.muster(['--help']);
    expect(help.stdout).toContain('muster setup');
    expect((await first.muster(['nonsense'])).code).toBe(64);
  });

  it('looks at the ground of the server and not of its container, and changes nothing', async () => {
    const folder = own('another/server');
    const words = ['--domain', ITSM_DOMAIN, '--address', topology.address('itsm'), '--dir', folder];
    const asked = ['setup', 'itsm', '--check-only', '--json', ...words, '--xmpp-address', topology.address('xmpp')];
    const { code, stdout } = await first.muster(asked);
    expect(code).toBe(1);
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    const said = findings.map(({ sentence }) => sentence).join('\n');
    // The ports that the server's own containers publish are in use, as seen from its network.
    for (const port of [443, 80]) expect(said).toContain(`Port ${port} (TCP) is in use by another program`);
    const engine = await itsm.engine.docker('version', '--format', '{{.Server.Version}}');
    expect(said).toContain(`Docker ${engine.trim()} runs.`);
    expect(said).toMatch(/Compose 2\.\d+\.\d+\S* is there\./);
    expect(said).toMatch(new RegExp(`${Math.floor(totalmem() / 1e6)} MB of memory`));
    if (availableParallelism() < 2) expect(said).toContain('This server has 1 processor');
    // Free space changes while other programs write: to a tenth of it.
    const free = Number(/(\d+) MB (?:are|is) free for/.exec(said)?.[1]);
    const { bavail, bsize } = statfsSync(first.bin);
    expect(Math.abs(free - (bavail * bsize) / 1e6)).toBeLessThan((bavail * bsize) / 1e7);
    const backlog = Number(
      await run('nsenter', [...topology.at('itsm'), 'cat', '/proc/sys/net/ipv4/tcp_max_syn_backlog']),
    );
    expect(said.includes(`The kernel setting net.ipv4.tcp_max_syn_backlog is ${backlog}`)).toBe(backlog < 2048);
    expect(existsSync(folder)).toBe(false);
  });

  it('says the same of the running stack as the command on the host', async () => {
    for (const verb of ['status', 'doctor']) {
      const words = [verb, '--json', '--dir', itsm.folder];
      let counted = 0;
      // What changes by itself, or is slow on a busy machine, is the same a little later.
      await until(`both say the same of ${verb}`, async () => {
        const [inside, outside] = await Promise.all([first.muster(words), itsm.muster(...words)]);
        const [there, here] = [what(inside), what(outside)];
        counted = there.length;
        if (JSON.stringify(there) === JSON.stringify(here)) return true;
        throw new Error(`${JSON.stringify(there)} is not ${JSON.stringify(here)}`);
      });
      expect(counted).toBeGreaterThan(5);
    }
    const doctor = await second.muster(['doctor', '--json', '--dir', xmpp.folder]);
    const { findings } = JSON.parse(doctor.stdout) as { findings: Finding[] };
    expect(findings.map(({ sentence }) => sentence).join('\n')).toMatch(/is linked with \d+ other NATS/);
  });

  it('shows logs, also by its own Compose, and is told when there is no such service', async () => {
    const { stdout } = await first.muster(['logs', 'web-manager', '--lines', '3', '--json', '--dir', itsm.folder]);
    expect((JSON.parse(stdout) as { lines: string[] }).lines.length).toBeGreaterThan(0);
    const listed = await first.muster(['compose', '--dir', itsm.folder, 'config', '--services']);
    expect(listed, listed.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^web-manager$/m) });
    const inside = ['compose', '--dir', itsm.folder, 'exec', '-T', 'web-manager', 'sh', '-c', 'exit 7'];
    expect(await first.muster(inside)).toMatchObject({ code: 7 });
    const { code, stderr } = await first.muster(['logs', 'nothing', '--dir', itsm.folder]);
    expect([code, stderr]).toEqual([66, expect.stringContaining('no container of a service "nothing"')]);
  });

  it('makes a token and users with it; its files are the caller’s, at the paths that were given', async () => {
    await asAdmin(); // changes the first password
    const email = `admin@${ITSM_DOMAIN.replace(/^[^.]+\./, '')}`;
    const token = own('muster.token');
    const made = await first.muster(
      ['token', 'create', token, '--email', email, '--password-file', '-', '--dir', itsm.folder],
      { input: 'quiet-harbour-lantern-42\n' },
    );
    expect(made).toMatchObject({ code: 0 });
    expect(ownerOf(token)).toBe('0:0 600');
    const env = { MUSTER_TOKEN_FILE: token };
    const added = ['user', 'add', 'ada@muster.test', '--name', 'Ada of the Docker', '--dir', itsm.folder];
    expect(await first.muster(added, { env })).toMatchObject({ code: 0 });
    const listed = await first.muster(['user', 'list', '--json', '--dir', itsm.folder], { env });
    expect(listed.stdout).toContain('"Ada of the Docker"');
    // By a path relative to where the administrator stands.
    const bundle = await first.muster(['support-bundle', 'bundle.tar.gz', '--dir', itsm.folder], { cwd: first.bin });
    expect(bundle).toMatchObject({ code: 0 });
    expect(ownerOf(own('bundle.tar.gz'))).toBe('0:0 600');
  });

  it('writes the server’s own files for the containers to read', async () => {
    const before = readFileSync(join(itsm.folder, 'certs/cert.crt'), 'utf8');
    const words = ['setup', 'itsm', '--dir', itsm.folder, '--renew', '--force', '--no-start'];
    expect(await first.muster(words)).toMatchObject({ code: 0 });
    expect(readFileSync(join(itsm.folder, 'certs/cert.crt'), 'utf8')).not.toBe(before);
    for (const name of ['cert.crt', 'cert.key']) expect(ownerOf(join(itsm.folder, 'certs', name))).toBe('0:10001 640');
    expect(ownerOf(join(itsm.folder, 'join/token'))).toMatch(/^0:\d+ 600$/);
    expect(ownerOf(join(itsm.folder, 'muster'))).toBe('0:0 755');
  });

  it('makes a backup where it is told to, with the passphrase of a file that the environment names', async () => {
    writeFileSync(own('passphrase'), 'a passphrase of the tests\n', { mode: 0o600 });
    const env = { MUSTER_BACKUP_PASSPHRASE_FILE: own('passphrase') };
    const made = await first.muster(['backup', own('today.backup'), '--dir', itsm.folder], { env });
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(ownerOf(own('today.backup'))).toBe('0:0 600');
    const verified = await first.muster(['backup', 'verify', own('today.backup')], { env });
    expect(verified, verified.stderr).toMatchObject({ code: 0 });
  });

  it('writes units for a backup each day, whose line makes one, and says that the server has to start them', async () => {
    const words = ['backup', 'schedule', '--dir', itsm.folder];
    const made = await first.muster([...words, '--passphrase-file', own('passphrase')]);
    expect(made, made.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing runs yet') });
    expect(made.stdout).toMatch(/^systemctl enable --now muster-backup-itsm\.timer muster-revocations-itsm\.timer$/m);
    const units = readdirSync(join(itsm.folder, 'units')).map((name) => join(itsm.folder, 'units', name));
    expect(units.map(ownerOf)).toEqual(Array(4).fill('0:0 644'));
    if ((await ran('sh', ['-c', 'command -v systemd-analyze'])).code === 0)
      expect(await ran('systemd-analyze', ['verify', '--man=no', ...units])).toMatchObject({ code: 0 });
    // These words mean the same to a shell.
    const service = readFileSync(join(itsm.folder, 'units/muster-backup-itsm.service'), 'utf8');
    const line = /^ExecStart=(.+)$/m.exec(service)?.[1] ?? '';
    const night = await first.sh(line);
    expect(night, night.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('Written: ') });
    const file = /^Written: (\S+)/.exec(night.stdout)?.[1] ?? '';
    expect(ownerOf(file)).toBe('0:0 600');
    rmSync(file);
    expect(await first.muster([...words, '--remove'])).toMatchObject({ code: 0 });
    expect(units.filter((unit) => existsSync(unit))).toEqual([]);
  });

  it('sets a server up, with the Compose of its own image', async () => {
    await xmpp.compose('down');
    const token = readFileSync(join(itsm.folder, 'join/token'), 'utf8');
    const words = ['setup', 'xmpp', '--join', '-', '--force', '--dir', xmpp.folder];
    const done = await second.muster(words, { input: token });
    expect(done, done.stderr).toMatchObject({ code: 0 });
    expect(done.stdout).toContain('Everything is ready.');
    expect(await xmpp.unwell()).toEqual([]);
    for (const [name, { Config }] of await xmpp.containers())
      expect(Config.Labels['com.docker.compose.version'], name).toMatch(/^2\./);
    expect(await second.muster(['status', '--dir', xmpp.folder])).toMatchObject({ code: 0 });
  });

  it('leaves nothing behind on the engine', async () => {
    const images = await itsm.engine.docker('ps', '--all', '--format', '{{.Image}}');
    expect(images.split('\n').filter((image) => image.includes('/cli:'))).toEqual([]);
  });
});
