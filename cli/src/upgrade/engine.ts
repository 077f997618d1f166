import { CliError, EXIT } from '../core/exit-codes';
import { type Commands, dockerCommand, type Reply } from '../site/commands';
import { fingerprintOf, type InspectedImage } from './fingerprint';

/** What of `docker inspect` an upgrade looks at. */
export interface Container {
  Id: string;
  Created: string;
  RestartCount: number;
  /** Id of its image. */
  Image: string;
  State: { Status: string; ExitCode: number };
  Config: {
    /** Name of its image, as compose gave it. */
    Image: string;
    Labels: Record<string, string> | null;
    Healthcheck?: { Test?: string[] | null } | null;
    StopTimeout?: number;
  };
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
}

const LABEL = 'com.docker.compose';
export const serviceName = ({ Config }: Container): string => Config.Labels?.[`${LABEL}.service`] ?? '';
export const configHash = ({ Config }: Container): string => Config.Labels?.[`${LABEL}.config-hash`] ?? '';
export const runs = ({ State }: Container): boolean => State.Status === 'running';
export const addressesOf = ({ NetworkSettings }: Container): string[] =>
  Object.values(NetworkSettings.Networks).flatMap(({ IPAddress }) => (IPAddress ? [IPAddress] : []));

/** How long a container may take to stop where it does not say so itself, in seconds: as the compose files want it. */
const STOP_SECONDS = 30;

/** The containers and images of one stack, by the command `docker`. */
export class Engine {
  constructor(
    private readonly project: string,
    private readonly commands: Commands,
  ) {}

  /** Of a service, oldest first, or of all services. Those of `compose run` are none of them. */
  async containers(service?: string): Promise<Container[]> {
    const filters = [`project=${this.project}`, 'oneoff=False', ...(service ? [`service=${service}`] : [])];
    const listed = await this.must([
      ...['ps', '--all', '--quiet', '--no-trunc'],
      ...filters.flatMap((filter) => ['--filter', `label=${LABEL}.${filter}`]),
    ]);
    const ids = listed.split('\n').filter(Boolean);
    const found = ids.length > 0 ? await this.inspect(ids) : [];
    return found.sort((one, other) => one.Created.localeCompare(other.Created));
  }

  /** Those of the containers that are still there. */
  async again(containers: readonly Container[]): Promise<Container[]> {
    const ids = new Set((await this.containers()).map(({ Id }) => Id));
    const left = containers.filter(({ Id }) => ids.has(Id));
    return left.length > 0 ? this.inspect(left.map(({ Id }) => Id)) : [];
  }

  /** Makes the container's own health check now, instead of at its interval. Without one it is well when it runs. */
  async isReady({ Id, Config }: Container): Promise<boolean> {
    const [kind, ...words] = Config.Healthcheck?.Test ?? [];
    if (kind !== 'CMD' && kind !== 'CMD-SHELL') return true;
    const command = kind === 'CMD' ? words : ['sh', '-c', ...words];
    return (await this.run(['exec', Id, ...command], { timeoutMs: 10_000 })).code === 0;
  }

  /** As `docker stop` and `docker rm`: with SIGTERM, or what its image wants, and as long as the container may take. */
  async remove({ Id, Config }: Container): Promise<{ exitCode: number }> {
    const seconds = String(Config.StopTimeout ?? STOP_SECONDS);
    await this.must(['stop', '--time', seconds, Id], { timeoutMs: 0 });
    const [stopped] = await this.inspect([Id]);
    await this.must(['rm', Id]);
    return { exitCode: stopped?.State.ExitCode ?? 0 };
  }

  /** Also what will not end by itself. */
  async discard({ Id }: Container): Promise<void> {
    await this.must(['rm', '--force', Id]);
  }

  async exec({ Id }: Container, ...command: string[]): Promise<Reply> {
    return this.run(['exec', Id, ...command]);
  }

  async lastWords({ Id }: Container): Promise<string> {
    const { output, errors } = await this.run(['logs', '--tail', '20', Id]);
    return (output + errors).trim().split('\n').at(-1)?.slice(0, 300) ?? '';
  }

  /** Undefined where there is no such image. */
  async fingerprint(image: string): Promise<string | undefined> {
    const reply = await this.run(['image', 'inspect', image]);
    const [found] = reply.code === 0 ? (JSON.parse(reply.output) as InspectedImage[]) : [];
    return found && fingerprintOf(found);
  }

  /** Bytes may be many: as long as it takes. @returns whether it worked, and what was said otherwise */
  async fetchImages(args: ['load', '--input', string] | ['pull', string]): Promise<string | undefined> {
    const reply = await this.run([...args], { timeoutMs: 0 });
    return reply.code === 0 ? undefined : (reply.errors.trim().split('\n').at(-1) ?? 'no reason given');
  }

  /** The folder in which it keeps images. */
  async dataFolder(): Promise<string> {
    return (await this.must(['info', '--format', '{{.DockerRootDir}}'])).trim();
  }

  private async inspect(ids: readonly string[]): Promise<Container[]> {
    const reply = await this.run(['inspect', '--type', 'container', ...ids]);
    // One that went meanwhile makes the command fail; the others are printed all the same.
    return JSON.parse(reply.output || '[]') as Container[];
  }

  private run(args: readonly string[], options: { timeoutMs?: number } = {}): Promise<Reply> {
    return this.commands.try(dockerCommand(args), options);
  }

  private async must(args: readonly string[], options: { timeoutMs?: number } = {}): Promise<string> {
    const reply = await this.run(args, options);
    if (reply.code === 0) return reply.output;
    const reason = reply.missing ? 'the program "docker" is not there' : reply.errors.trim().split('\n').at(-1);
    throw new CliError(
      EXIT.unavailable,
      `"docker ${args[0]}" failed: ${reason}`,
      'See whether Docker works, then again.',
    );
  }
}
