import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeviceCommands } from './device-commands';
import { CommandFailure } from './machine';

let folder: string;
let commands: DeviceCommands;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-commands-'));
  chmodSync(folder, 0o755);
  commands = new DeviceCommands('linux', [folder, '/usr/bin', '/bin']);
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, script: string, mode = 0o755): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), mode);
}
const failure = (run: Promise<string>): Promise<CommandFailure> =>
  run.then(
    (output) => {
      throw new Error(`ran: ${output}`);
    },
    (error: unknown) => error as CommandFailure,
  );

describe('device commands', () => {
  it('gives arguments as they are: nothing is a shell', async () => {
    program('show', 'printf "%s|" "$@"');
    const given = ['a b', '$(touch /tmp/no)', ';', '`id`', '"', "'", '*', '\n'];
    expect(await commands.run('show', given)).toBe(`${given.join('|')}|`);
  });

  it('gives a clean environment', async () => {
    process.env['MUSTER_SECRET'] = 'x';
    program('show', 'env');
    const lines = (await commands.run('show', [])).trim().split('\n');
    expect(lines.filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line)).sort()).toEqual(
      ['LANG=C', 'LC_ALL=C', `PATH=${folder}:/usr/bin:/bin`, 'TZ=UTC'].sort(),
    );
    delete process.env['MUSTER_SECRET'];
  });

  it('ends what hangs, with all that it started', async () => {
    program('hang', `sleep 600 & echo $! > ${folder}/pid; wait`);
    expect(await failure(commands.run('hang', [], { timeoutMs: 500 }))).toMatchObject({ problem: 'timed-out' });
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });

  it('does not wait for a background process that holds its output open', async () => {
    // Longer than a test may take.
    program('leave', 'sleep 40 & echo done');
    expect(await commands.run('leave', [])).toBe('done\n');
  });

  it('ends what writes without end', async () => {
    program('flood', 'exec yes');
    expect(await failure(commands.run('flood', [], { maxBytes: 100_000 }))).toMatchObject({
      problem: 'too-much-output',
    });
  });

  it('says why something failed', async () => {
    program('broken', 'echo "no such database" >&2; exit 3');
    const error = await failure(commands.run('broken', []));
    expect(error).toBeInstanceOf(CommandFailure);
    expect(error).toMatchObject({ problem: 'failed', message: 'broken: exit code 3: no such database' });
    expect(await commands.run('broken', [], { codes: [3] })).toBe('');
    expect(await failure(commands.run('not-there', []))).toMatchObject({ problem: 'missing' });
    program('dies', 'kill -TERM $$');
    expect(await failure(commands.run('dies', []))).toMatchObject({ message: 'dies: ended by SIGTERM' });
  });

  it.each(['../sh', '/bin/sh', 'sh;id', '', '-x'])(
    'takes no path and no shell text for a program: %j',
    async (name) => {
      expect(await failure(commands.run(name, []))).toMatchObject({ problem: 'missing' });
    },
  );

  it.runIf(process.getuid?.() === 0)('runs nothing as root that others may write', async () => {
    program('writable', `touch ${folder}/ran`, 0o777);
    expect(await failure(commands.run('writable', []))).toMatchObject({ problem: 'unsafe' });
    program('fine', `touch ${folder}/ran`);
    chmodSync(folder, 0o777);
    expect(await failure(commands.run('fine', []))).toMatchObject({ problem: 'unsafe' });
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});

/** Not a zombie. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
