import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../core/exit-codes';
import { remedyFor } from '../setup/start';
import { type Commands, composeCommand } from '../site/commands';

/** A stack as its files describe it: of the version that runs, or of the one to come. */
export interface Target {
  version: string;
  /** Absolute paths. */
  composeFile: string;
  envFile: string;
}

/** Runs compose in a server's folder by files of a certain version. */
export class ComposeProject {
  constructor(
    readonly folder: string,
    readonly project: string,
    private readonly commands: Commands,
  ) {}

  /** @throws CliError with what compose said */
  async run(target: Target, args: readonly string[]): Promise<string> {
    const compose = await composeCommand(this.commands);
    if (!compose) throw new CliError(EXIT.unavailable, 'Neither "docker compose" nor "docker-compose" is there.');
    const override = join(this.folder, 'docker-compose.override.yml');
    const files = [target.composeFile, ...(existsSync(override) ? [override] : [])];
    const place = ['--project-directory', this.folder, '--project-name', this.project, '--env-file', target.envFile];
    const reply = await this.commands.try(
      {
        file: compose.file,
        args: [...compose.args, ...place, ...files.flatMap((file) => ['--file', file]), ...args],
        cwd: this.folder,
        // The environment wins over the file; this one variable must be the file's.
        env: { MUSTER_VERSION: target.version },
      },
      { timeoutMs: 0 },
    );
    if (reply.code === 0) return reply.output;
    const lines = reply.errors.split('\n').filter((line) => line.trim() !== '');
    const reason = lines.find((line) => /^(ERROR|Error)/.test(line)) ?? lines.at(-1) ?? `exit code ${reply.code}`;
    throw new CliError(EXIT.unavailable, `"compose ${args[0]}" failed: ${reason}`, remedyFor(reply.errors));
  }

  /** By service, what compose compares to see whether a container is up to date. */
  async hashes(target: Target): Promise<Map<string, string>> {
    const printed = await this.run(target, ['config', '--hash', '*']);
    return new Map(
      printed.split('\n').flatMap((line) => {
        const [service, hash] = line.trim().split(/\s+/);
        return service && hash ? [[service, hash] as const] : [];
      }),
    );
  }
}
