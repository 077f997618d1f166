import { run } from './commands';

/** Places on the tests' own network. `admin` is this very machine. */
export const PLACES = ['itsm', 'xmpp', 'devices'] as const;
export type Place = (typeof PLACES)[number];

/** Which TCP ports each place may open at another; everything else is dropped on the way. */
const ALLOWED: { from: Place | 'admin'; to: Place; ports: number[] }[] = [
  { from: 'devices', to: 'itsm', ports: [443] },
  { from: 'devices', to: 'xmpp', ports: [443] },
  { from: 'xmpp', to: 'itsm', ports: [443] },
  { from: 'admin', to: 'itsm', ports: [443, 80] },
  { from: 'admin', to: 'xmpp', ports: [443, 5222, 8080] },
];

/**
 * A network namespace for each place, each with a link of its own to a router that lets through only what is documented.
 * Addresses are of 198.18.0.0/15 (RFC 2544: for tests of networks), so that no real network is hidden.
 */
export class Topology {
  /** @param name before all namespaces and links; 12 characters at most */
  constructor(private readonly name: string) {}

  namespace(place: Place | 'router'): string {
    return `${this.name}-${place}`;
  }

  /** Arguments of `nsenter` to be at a place. Not `ip netns exec`: that mounts a /sys of its own, without control groups. */
  at(place: Place | 'router'): string[] {
    return [`--net=/run/netns/${this.namespace(place)}`];
  }

  address(place: Place | 'admin'): string {
    return `198.18.${['admin', ...PLACES].indexOf(place)}.2`;
  }

  async create(): Promise<void> {
    await run('ip', ['netns', 'add', this.namespace('router')]);
    await this.inRouter(['sysctl', '-qw', 'net.ipv4.ip_forward=1']);
    for (const place of PLACES) {
      await run('ip', ['netns', 'add', this.namespace(place)]);
      await this.link(place, ['-n', this.namespace(place)]);
    }
    await this.link('admin', []);
    await this.inRouter(['iptables', '-w', '-P', 'FORWARD', 'DROP']);
    await this.rule('-A', '-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '-j', 'ACCEPT');
    for (const { from, to, ports } of ALLOWED) {
      const way = ['-s', this.address(from), '-d', this.address(to), '-p', 'tcp', '-m', 'multiport'];
      await this.rule('-A', ...way, '--dports', ports.join(','), '-j', 'ACCEPT');
    }
  }

  /** Drops everything between two places, open connections too, as a pulled cable does: nobody is told. */
  async cut(one: Place, other: Place): Promise<void> {
    for (const rule of this.cutRules(one, other)) await this.rule('-I', ...rule);
  }

  async mend(one: Place, other: Place): Promise<void> {
    for (const rule of this.cutRules(one, other)) await this.rule('-D', ...rule);
  }

  /** Drops what asks for a server by a host name (TLS sends it in clear), as a proxy that is not for this place does. */
  async hide(name: string, from: Place, to: Place): Promise<void> {
    await this.rule('-I', ...this.askingFor(name, from, to));
  }

  async show(name: string, from: Place, to: Place): Promise<void> {
    await this.rule('-D', ...this.askingFor(name, from, to));
  }

  private askingFor(name: string, from: Place, to: Place): string[] {
    const way = ['-s', this.address(from), '-d', this.address(to), '-p', 'tcp'];
    return [...way, '-m', 'string', '--algo', 'bm', '--string', name, '-j', 'DROP'];
  }

  private cutRules(one: Place, other: Place): string[][] {
    const [a, b] = [this.address(one), this.address(other)];
    return [
      ['-s', a, '-d', b, '-j', 'DROP'],
      ['-s', b, '-d', a, '-j', 'DROP'],
    ];
  }

  private rule(verb: '-A' | '-I' | '-D', ...rule: string[]): Promise<string> {
    return this.inRouter(['iptables', '-w', verb, 'FORWARD', ...rule]);
  }

  private inRouter(command: string[]): Promise<string> {
    return run('nsenter', [...this.at('router'), ...command]);
  }

  /** A cable from a place to the router. @param namespace `-n NAMESPACE`, or nothing for this machine itself */
  private async link(place: Place | 'admin', namespace: string[]): Promise<void> {
    const here = place === 'admin' ? `${this.name}-a` : 'eth0';
    const there = `to-${place}`;
    const address = this.address(place);
    const router = address.replace(/\d+$/, '1');
    const inRouter = ['-n', this.namespace('router')];
    await run('ip', [...inRouter, 'link', 'add', there, 'type', 'veth', 'peer', 'name', `${this.name}-a`]);
    await run('ip', [...inRouter, 'link', 'set', `${this.name}-a`, 'netns', namespace[1] ?? String(process.pid)]);
    if (here !== `${this.name}-a`) await run('ip', [...namespace, 'link', 'set', `${this.name}-a`, 'name', here]);
    await run('ip', [...inRouter, 'address', 'add', `${router}/24`, 'dev', there]);
    await run('ip', [...inRouter, 'link', 'set', there, 'up']);
    await run('ip', [...namespace, 'address', 'add', `${address}/24`, 'dev', here]);
    await run('ip', [...namespace, 'link', 'set', here, 'up']);
    if (namespace.length > 0) await run('ip', [...namespace, 'link', 'set', 'lo', 'up']);
    const networks = namespace.length > 0 ? ['default'] : ['198.18.0.0/16'];
    for (const network of networks) await run('ip', [...namespace, 'route', 'add', network, 'via', router]);
  }
}
