import { LIVE_PATH, type LiveMessage } from '@muster/contracts';
import { Agent } from 'node:https';
import { WebSocket } from 'ws';
import { anchors, httpsPort, ITSM_DOMAIN, origin, until } from './stack';

export interface Live {
  messages: LiveMessage[];
  isOpen(): boolean;
}

/** The console's WebSocket with the cookie of a session. Resolves when the server has greeted. */
export async function openLive(cookie: string): Promise<Live> {
  const socket = new WebSocket(`wss://127.0.0.1:${httpsPort}${LIVE_PATH}`, {
    agent: new Agent({ ca: anchors(), servername: ITSM_DOMAIN }),
    headers: { host: ITSM_DOMAIN, cookie },
    origin,
  });
  const messages: LiveMessage[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as LiveMessage));
  socket.on('error', (error) => console.error(`live: ${error.message}`));
  await until('the live connection greets', async () => messages.some(({ type }) => type === 'hello'), 10);
  return { messages, isOpen: () => socket.readyState === WebSocket.OPEN };
}
