import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { type Command, Commands, type Reply } from '../site/commands';
import type { Container } from '../upgrade/engine';

interface Made extends Container {
  service: string;
  address: string;
}

const LABEL = 'com.docker.compose';

/**
 * The commands `docker` and `docker-compose` for one project whose containers are records: what an upgrade does to them can be
 * watched at each of its commands, and stopped at each. What the real ones do is shown in e2e-compose.
 */
export class SimulatedDocker extends Commands {
  readonly containers: Made[] = [];
  /** Names of images that start and never become ready. */
  readonly broken = new Set<string>();
  /** Commands that changed something. */
  readonly changes: string[] = [];
  /** Called before each change; throws to stop whoever makes it. */
  before: (change: string) => void = () => undefined;
  private readonly leftOut = new Set<string>();
  private count = 0;

  override async try({ file, args, env = {} }: Command): Promise<Reply> {
    const [code, output] =
      file === 'docker' ? this.docker([...args]) : this.compose([...args], env['MUSTER_VERSION'] ?? '');
    return { code, output, errors: code === 0 ? '' : output, missing: false };
  }

  /** Processes of a service that get requests and can answer them. */
  serving(service: string): Made[] {
    return this.of(service).filter((one) => this.isReady(one) && !this.leftOut.has(one.address));
  }

  of(service: string): Made[] {
    return this.containers.filter((one) => one.service === service);
  }

  private isReady({ Config, State }: Made): boolean {
    return State.Status === 'running' && !this.broken.has(Config.Image);
  }

  private change(what: string): void {
    this.before(what);
    this.changes.push(what);
  }

  private docker([verb = '', ...rest]: string[]): [number, string] {
    const named = this.containers.find(({ Id }) => rest.includes(Id));
    if (verb === 'compose') return [1, 'no such command'];
    if (verb === 'info') return [0, '/\n'];
    if (verb === 'logs') return [0, 'the last words\n'];
    if (verb === 'ps') {
      const service = rest.map((word) => /\.service=(.+)$/.exec(word)?.[1]).find(Boolean);
      const found = this.containers.filter((one) => service === undefined || one.service === service);
      return [0, found.map(({ Id }) => Id).join('\n')];
    }
    if (verb === 'inspect') return [0, JSON.stringify(this.containers.filter(({ Id }) => rest.includes(Id)))];
    if (verb === 'image') {
      return [0, JSON.stringify([{ Id: rest[1], RootFS: { Layers: [nameOf(rest[1] ?? '')] }, Config: {} }])];
    }
    if (!named) return [1, `No such container: ${rest.at(-1)}`];
    if (verb === 'exec') return this.exec(named, rest.slice(1));
    this.change(`${verb} ${named.service} ${named.Config.Image}`);
    if (verb === 'stop') named.State = { Status: 'exited', ExitCode: 0 };
    if (verb === 'rm') this.containers.splice(this.containers.indexOf(named), 1);
    return [0, ''];
  }

  private exec(container: Made, [program, verb, ...addresses]: string[]): [number, string] {
    if (program !== 'muster-upstreams') return [this.isReady(container) ? 0 : 1, ''];
    for (const address of addresses) {
      if (verb === 'leave-out') this.leftOut.add(address);
      else this.leftOut.delete(address);
    }
    const lines = this.containers
      .filter(({ State, service }) => State.Status === 'running' && service !== 'web')
      .map((one) => `${one.service} ${one.address} ${this.serving(one.service).includes(one) ? 'in' : 'out'} 0`);
    return [0, verb ? '' : lines.join('\n')];
  }

  private compose(args: string[], version: string): [number, string] {
    if (args[0] === 'version') return [0, '1.29.2\n'];
    const services = servicesOf(args[args.indexOf('--file') + 1] ?? '', version);
    const hashes = Object.entries(services).map(([name, service]) => [name, hashOf(service, version)] as const);
    if (args.includes('--hash')) return [0, hashes.map((pair) => pair.join(' ')).join('\n')];
    if (args.includes('config')) return [0, stringify({ services })];
    const wanted = args.filter((word, index) => word in services && index > args.indexOf('up'));
    const scale = Number(args[args.indexOf('--scale') + 1]?.split('=')[1] ?? 1);
    for (const name of wanted) {
      const service = services[name] ?? { image: '' };
      const make = (): void => this.make(name, service, hashOf(service, version));
      if (args.includes('--no-recreate')) {
        while (this.of(name).length < scale) make();
        continue;
      }
      for (const old of this.of(name)) {
        this.change(`recreate ${name} ${old.Config.Image}`);
        this.containers.splice(this.containers.indexOf(old), 1);
      }
      make();
    }
    return [0, ''];
  }

  private make(service: string, { image, restart }: Service, hash: string): void {
    this.change(`start ${service} ${image}`);
    const number = ++this.count;
    this.containers.push({
      ...{ Id: `container-${number}`, service, address: `172.18.0.${number}`, RestartCount: 0, Image: image },
      Created: String(number).padStart(6, '0'),
      State: restart === 'no' ? { Status: 'exited', ExitCode: 0 } : { Status: 'running', ExitCode: 0 },
      Config: {
        Image: image,
        Labels: { [`${LABEL}.service`]: service, [`${LABEL}.config-hash`]: hash },
        Healthcheck: { Test: ['CMD', 'muster-ready'] },
      },
      NetworkSettings: { Networks: { front: { IPAddress: `172.18.0.${number}` } } },
    });
  }
}

interface Service {
  image: string;
  restart?: string;
  env_file?: string[];
}

function servicesOf(file: string, version: string): Record<string, Service> {
  const text = readFileSync(file, 'utf8')
    .replaceAll(/\$\{MUSTER_VERSION[^}]*\}/g, version)
    .replaceAll('${MUSTER_IMAGE_PREFIX:-muster}', 'muster');
  return (parse(text, { merge: true }) as { services: Record<string, Service> }).services;
}

/** The variables of `.env` are a part of those services that get them; the edge's own value for the version is always the same. */
function hashOf({ env_file, ...service }: Service, version: string): string {
  const variables = env_file && nameOf(service.image) !== 'edge' ? version : '';
  return createHash('sha256')
    .update(JSON.stringify([service, variables]))
    .digest('hex');
}

const nameOf = (image: string): string => /([^/:]+):[^:]*$/.exec(image)?.[1] ?? image;
