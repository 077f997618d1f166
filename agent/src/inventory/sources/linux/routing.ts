import type { Machine } from '../../machine/machine';

/** Gateway of the default route of each interface; the one with the lowest metric, IPv4 before IPv6. */
export async function defaultGateways({ files }: Machine): Promise<Map<string, string>> {
  const best = new Map<string, { gateway: string; metric: number }>();
  const offer = (name: string, gateway: string, metric: number): void => {
    const known = best.get(name);
    if (!known || metric < known.metric) best.set(name, { gateway, metric });
  };
  // proc(5): Iface Destination Gateway Flags RefCnt Use Metric Mask; numbers in the machine's byte order.
  for (const line of ((await files.text('/proc/net/route')) ?? '').split('\n').slice(1)) {
    const [name = '', destination, gateway = '', , , , metric, mask] = line.split(/\s+/);
    if (destination === '00000000' && mask === '00000000' && /^(?!0+$)[0-9A-F]{8}$/i.test(gateway))
      offer(name, [...Buffer.from(gateway, 'hex')].reverse().join('.'), Number(metric));
  }
  const IPV6_AFTER = 2 ** 33;
  // Destination, its length, source, its length, next hop, metric, references, uses, flags, interface.
  for (const line of ((await files.text('/proc/net/ipv6_route')) ?? '').split('\n')) {
    const [to, length, , , hop = '', metric = '', , , , name = ''] = line.split(/\s+/);
    if (to === '0'.repeat(32) && length === '00' && /^(?!0+$)[0-9a-f]{32}$/i.test(hop))
      offer(name, ipv6(hop), IPV6_AFTER + Number.parseInt(metric, 16));
  }
  return new Map([...best].map(([name, { gateway }]) => [name, gateway]));
}

/** The longest row of zeros is left out (RFC 5952), which `URL` does for us. */
function ipv6(hex: string): string {
  const groups = hex.match(/.{4}/g)?.join(':') ?? hex;
  return new URL(`http://[${groups}]/`).hostname.slice(1, -1);
}

/** resolv.conf(5); behind systemd's stub resolver its own list. */
export async function nameServers({ files }: Machine): Promise<string[]> {
  const read = async (path: string): Promise<string[]> =>
    [...((await files.text(path)) ?? '').matchAll(/^\s*nameserver\s+(\S+)/gm)].flatMap(([, server]) => server ?? []);
  const told = await read('/etc/resolv.conf');
  const upstream = told.includes('127.0.0.53') ? await read('/run/systemd/resolve/resolv.conf') : [];
  return upstream.length > 0 ? upstream : told;
}
