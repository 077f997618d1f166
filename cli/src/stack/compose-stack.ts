import { basename } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import { CliError, EXIT } from '../core/exit-codes';
import { type Command, Commands, dockerCommand } from '../site/commands';
import { readComposeFile } from '../setup/compose-file';
import { readEnvFile } from '../setup/env-file';
import { type Inspected, partOf, serviceOf } from './docker-facts';
import type { InternalReply, Part, Stack } from './stack';

/** Runs inside a container: internal endpoints listen where only their own network reaches them. */
const FETCH = `fetch(process.argv[1], { signal: AbortSignal.timeout(5000) }).then(async (reply) =>
  process.stdout.write(JSON.stringify({ status: reply.status, body: await reply.text() })),
  (error) => { console.error(String(error.cause ?? error)); process.exit(1); })`;

const SERVICE_PORT = 9000;
const NATS_MONITOR_PORT = 8222;

/** The containers of one server's compose stack, by way of the `docker` command. */
export class ComposeStack implements Stack {
  readonly kind = 'compose';

  constructor(
    readonly folder: string,
    readonly commands: Commands = new Commands(),
  ) {}

  /** As compose makes it of the folder's name. */
  get project(): string {
    const named = readEnvFile(`${this.folder}/.env`)['COMPOSE_PROJECT_NAME'];
    return (
      named ||
      basename(this.folder)
        .toLowerCase()
        .replaceAll(/[^a-z0-9_-]/g, '')
    );
  }

  async parts(): Promise<Part[]> {
    const containers = await this.containers();
    const { services } = readComposeFile(this.folder);
    const found = containers.map((container) => partOf(container));
    const profiles = (readEnvFile(`${this.folder}/.env`)['COMPOSE_PROFILES'] ?? '').split(',');
    const expected = services.filter((name) => name !== 'coturn' || profiles.includes('turn'));
    const absent = expected.filter((name) => !found.some((part) => part.name === name));
    const none = absent.map((name): Part => ({ name, state: 'stopped', restarts: 0, reason: 'it has no container' }));
    return [...found, ...none].sort((one, other) => one.name.localeCompare(other.name));
  }

  async fetch(part: string, path: string): Promise<InternalReply> {
    const { Id } = await this.container(part);
    const port = part === 'nats' ? NATS_MONITOR_PORT : SERVICE_PORT;
    const url = `http://127.0.0.1:${port}${path}`;
    const reply = await this.commands.try(dockerCommand(['exec', Id, 'node', '-e', FETCH, url]));
    if (reply.code !== 0) throw new Error(reply.errors.trim().split('\n').at(-1) || `exit code ${reply.code}`);
    return JSON.parse(reply.output) as InternalReply;
  }

  async logs(part: string, { lines, follow }: { lines: number; follow: boolean }): Promise<void> {
    const { Id } = await this.container(part);
    await this.commands.follow(dockerCommand(['logs', '--tail', String(lines), ...(follow ? ['--follow'] : []), Id]));
  }

  async lastLines(part: string, lines: number): Promise<string> {
    const { Id } = await this.container(part);
    const { output, errors } = await this.commands.try(dockerCommand(['logs', '--tail', String(lines), Id]));
    return output + errors;
  }

  async databaseUrl(): Promise<string | undefined> {
    const file = readComposeFile(this.folder).secrets.find(({ name }) => name === 'postgres-admin')?.file;
    const address = await this.addressOf('postgres');
    if (!address || !file || !existsSync(file)) return undefined;
    const password = encodeURIComponent(readFileSync(file, 'utf8').trim());
    return `postgres://muster_admin:${password}@${address}:5432/postgres`;
  }

  /** Address of a part's container on one of the stack's own networks, which this host reaches; none when it is down. */
  async addressOf(part: string): Promise<string | undefined> {
    const container = (await this.containers()).find((one) => serviceOf(one) === part);
    return Object.values(container?.NetworkSettings.Networks ?? {}).find(({ IPAddress }) => IPAddress)?.IPAddress;
  }

  /** A program in a part's container, with its standard input. @throws CliError when there is no such container */
  async inside(part: string, ...program: string[]): Promise<Command> {
    const { Id } = await this.container(part);
    return dockerCommand(['exec', '--interactive', Id, ...program]);
  }

  /** Unpacks a tar archive below a path of a part's container, which need not run. */
  async unpackInto(part: string, path: string): Promise<Command> {
    const { Id } = await this.container(part);
    return dockerCommand(['cp', '-', `${Id}:${path}`]);
  }

  /** Names of the project's volumes, those of containers that are gone too. */
  async volumes(): Promise<string[]> {
    const filter = `label=com.docker.compose.project=${this.project}`;
    return (await this.docker(['volume', 'ls', '--quiet', '--filter', filter])).split('\n').filter(Boolean);
  }

  private async container(part: string): Promise<Inspected> {
    const containers = await this.containers();
    const found = containers.find((one) => serviceOf(one) === part);
    if (found) return found;
    const known = containers.map(serviceOf).sort().join(', ') || 'none';
    throw new CliError(EXIT.missing, `There is no container of a service "${part}" here.`, `There are: ${known}.`);
  }

  private async containers(): Promise<Inspected[]> {
    const filter = `label=com.docker.compose.project=${this.project}`;
    const ids = await this.docker(['ps', '--all', '--quiet', '--no-trunc', '--filter', filter]);
    const list = ids.split('\n').filter(Boolean);
    if (list.length === 0) return [];
    return JSON.parse(await this.docker(['inspect', ...list])) as Inspected[];
  }

  private async docker(args: readonly string[]): Promise<string> {
    const reply = await this.commands.try(dockerCommand(args));
    if (reply.code === 0) return reply.output;
    const reason = reply.missing ? 'the program "docker" is not there' : reply.errors.trim().split('\n').at(-1);
    throw new CliError(
      EXIT.unavailable,
      `Docker does not answer: ${reason}`,
      'Start Docker, and run muster as root or as a member of the group "docker".',
    );
  }
}
