import { once } from 'node:events';
import { createConnection } from 'node:net';
import { basePort, secrets } from './stack';

/** Publishes on the hub as one of its services, without asking any contract. @throws Error with what the bus says against it */
export async function publishRaw(service: string, subject: string, payload: string): Promise<void> {
  const socket = createConnection({ host: '127.0.0.1', port: basePort + 42 });
  const login = JSON.stringify({ user: service, pass: secrets().nats[service], verbose: false });
  await once(socket, 'data'); // INFO
  socket.write(`CONNECT ${login}\r\nPUB ${subject} ${Buffer.byteLength(payload)}\r\n${payload}\r\nPING\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  if (!answer.toString().startsWith('PONG')) throw new Error(`the bus refused: ${answer.toString()}`);
}
