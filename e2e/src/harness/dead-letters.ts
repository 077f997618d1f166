import { type DeadLetter, devicesNotified, listDeadLetters } from '@muster/contracts';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Api } from './api';
import { basePort, secrets, until } from './stack';

/** Says on the bus, as the broker would, what no contract allows; `web` cannot handle it. @returns what became of it */
export async function makeDeadLetter(owner: Api): Promise<DeadLetter> {
  const marker = `not a device ${Math.random()}`;
  const payload = JSON.stringify({ deviceIds: [marker], at: new Date().toISOString() });
  const socket = createConnection({ host: '127.0.0.1', port: basePort + 45 });
  const login = JSON.stringify({ user: 'push-broker', pass: secrets().nats['push-broker'], verbose: false });
  await once(socket, 'data'); // INFO
  socket.write(`CONNECT ${login}\r\nPUB ${devicesNotified.subject} ${payload.length}\r\n${payload}\r\nPING\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  if (!answer.toString().startsWith('PONG')) throw new Error(`the bus refused: ${answer.toString()}`);
  let letter: DeadLetter | undefined;
  await until('it is a dead letter', async () => {
    const { deadLetters } = await owner.call(listDeadLetters, { query: { size: 200 } });
    letter = deadLetters.find((one) => one.payload.includes(marker));
    return letter !== undefined;
  });
  if (!letter) throw new Error('unreachable');
  return letter;
}
