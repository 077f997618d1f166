import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Finding } from '../checks/finding';
import { thisMachine } from '../checks/machine';
import { CliError, EXIT } from '../core/exit-codes';
import { type Commands, dockerCommand } from '../site/commands';
import type { Site } from '../site/site';
import type { Part } from '../stack/stack';
import { knownSecrets } from './known-secrets';
import { Redactor } from './redactor';

export interface BundleOptions {
  file: string;
  lines: number;
  findings: readonly Finding[];
  version: string;
  commands: Commands;
}

/**
 * Writes what somebody who helps needs to see: findings, state, configuration, the end of every log, metrics. Every text goes
 * through the redactor. @returns names of the files in it. @throws CliError when it cannot be written
 */
export async function writeBundle(site: Site, options: BundleOptions): Promise<string[]> {
  const redactor = new Redactor(knownSecrets(site));
  const work = mkdtempSync(join(tmpdir(), 'muster-support-'));
  const name = 'muster-support';
  const names: string[] = [];
  const add = (path: string, text: string): void => {
    const file = join(work, name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, redactor.clean(text));
    names.push(path);
  };
  try {
    add('doctor.json', JSON.stringify(options.findings, null, 2));
    add('versions.json', JSON.stringify(await versions(options), null, 2));
    for (const file of ['.env', 'docker-compose.yml']) {
      const path = join(site.folder, file);
      if (existsSync(path)) add(`configuration/${basename(file).replace(/^\./, '')}`, readFileSync(path, 'utf8'));
    }
    const parts = await site.stack.parts().catch((): Part[] => []);
    add('status.json', JSON.stringify(parts, null, 2));
    for (const part of parts) {
      const log = await site.stack.lastLines(part.name, options.lines).catch((error: Error) => error.message);
      add(`logs/${part.name}.log`, log);
      const asked = site.nats.parts.includes(part.name) ? NATS : INTERNAL;
      for (const [file, path] of asked) {
        const reply = await site.stack.fetch(part.name, path).catch(() => undefined);
        if (reply && reply.status < 500 && reply.status !== 404) add(`${file}/${part.name}.txt`, reply.body);
      }
    }
    await pack(work, name, options);
    return names;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const INTERNAL = [
  ['ready', '/-/health/ready'],
  ['metrics', '/-/metrics'],
] as const;
const NATS = [
  ['nats', '/jsz?accounts=true&streams=true&consumers=true'],
  ['nats-links', '/leafz'],
] as const;

async function versions({ version, commands }: BundleOptions): Promise<object> {
  const docker = await commands.try(dockerCommand(['version', '--format', '{{.Server.Version}}']));
  return {
    muster: version,
    node: process.version,
    kernel: release(),
    docker: docker.output.trim() || docker.errors.trim(),
    machine: thisMachine(),
    at: new Date().toISOString(),
  };
}

async function pack(work: string, name: string, { file, commands }: BundleOptions): Promise<void> {
  if (existsSync(file)) throw new CliError(EXIT.cannotCreate, `${file} is there already.`, 'Choose another name.');
  const reply = await commands.try({ file: 'tar', args: ['-czf', file, '-C', work, name] });
  if (reply.code === 0) return chmodSync(file, 0o600);
  rmSync(file, { force: true });
  const reason = reply.errors.trim().split('\n').at(-1) ?? 'tar failed';
  throw new CliError(EXIT.cannotCreate, `${file} cannot be written: ${reason}`);
}
