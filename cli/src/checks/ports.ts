import { createSocket } from 'node:dgram';
import { createServer, type ListenOptions } from 'node:net';
import { type Check, defineMessages, fault } from './finding';

const messages = defineMessages('ports', 'Ports that the stack publishes are free before its first start.', {
  'port-in-use': fault(
    'Port {port} ({protocol}) is in use by another program, and {purpose} needs it.',
    'See who: "ss -lntup | grep :{port}". End that program, or give another port in the .env file.',
  ),
  'port-refused': fault(
    'Port {port} ({protocol}) cannot be opened: {reason}.',
    'Run muster as root, or choose a port above 1023 in the .env file.',
  ),
});

export interface NeededPort {
  port: number;
  /** Of this server; none, or an empty text: all of them. */
  address?: string;
  protocol: 'TCP' | 'UDP';
  /** What it is for: "the console". */
  purpose: string;
}

export const portCheck = (ports: readonly NeededPort[]): Check => ({
  name: 'ports',
  run: () =>
    Promise.all(
      ports.map(async ({ port, address, protocol, purpose }) => {
        const place = { port, exclusive: true, ...(address ? { host: address } : {}) };
        const reason = await (protocol === 'TCP' ? tryTcp(place) : tryUdp(port));
        if (!reason) return messages.ok(`Port ${port} (${protocol}) is free for ${purpose}.`);
        if (reason === 'EADDRINUSE') return messages.say('port-in-use', { port, protocol, purpose });
        return messages.say('port-refused', { port, protocol, reason });
      }),
    ),
});

/** The error code, or nothing when the port is free. */
function tryTcp(place: ListenOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(place, () => server.close(() => resolve(undefined)));
  });
}

function tryUdp(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind({ port, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}
