import type { IncomingMessage } from 'node:http';
import { InvalidInput, LiveWatch, type LiveFanOut, type LiveMessage, parse, type Principal } from '@muster/contracts';
import { WebSocket } from 'ws';

/** Close codes (RFC 6455, section 7.4; from 4000 on our own). */
export const CLOSE = {
  goingAway: 1001,
  notUnderstood: 1008,
  /** The console is too slow: it connects again and fetches its screen. */
  tooSlow: 1013,
  signedOut: 4001,
} as const;

/** Bytes that may wait for a console before it is let go. */
const MOST_WAITING_BYTES = 1_048_576;
/** A `hello` makes a console fetch its screen: at most one in so many milliseconds, however much changes. */
const HELLO_MS = 1_000;
/** Messages that a console may send between two pings. */
const MOST_MESSAGES = 100;

export interface Followed {
  devices: ReadonlySet<string>;
  operations: ReadonlySet<string>;
}
const NOTHING: ReadonlySet<string> = new Set();

/** One console on the live WebSocket: what it may see, what it watches, and whether it keeps up. */
export class LiveConnection {
  private watchedOutputs: ReadonlySet<string> = new Set();
  private watchedLogs: ReadonlySet<string> = new Set();
  private answered = true;
  private helloAt = -HELLO_MS;
  private helloTimer: NodeJS.Timeout | undefined;
  private messages = 0;
  private following: () => void = () => undefined;

  constructor(
    private readonly socket: WebSocket,
    /** The request that opened it, by which it is checked again. */
    readonly request: IncomingMessage,
    public principal: Principal,
  ) {
    socket.on('message', (data, binary) => this.receive(binary ? '' : String(data)));
    socket.on('pong', () => (this.answered = true));
    socket.on('error', () => socket.terminate());
  }

  /** Calls the listener when the console begins to follow logs or output. */
  onFollowing(listener: () => void): void {
    this.following = listener;
  }

  /** The devices whose logs, and the operations whose output it follows and may see. */
  get followed(): Followed {
    const { permissions } = this.principal;
    return {
      devices: permissions.includes('monitoring.read') ? this.watchedLogs : NOTHING,
      operations: permissions.includes('operations.read') ? this.watchedOutputs : NOTHING,
    };
  }

  onClosed(listener: () => void): void {
    this.socket.on('close', listener);
  }

  /** Sends what this console may see and wants. `text` is the message as it goes over the wire, made once for all. */
  offer({ organisationId, permission, message }: LiveFanOut, text: string): void {
    if (organisationId !== this.principal.organisationId) return;
    if (!this.principal.permissions.includes(permission)) return;
    if (message.type === 'hello') return this.hello();
    if (message.type === 'output.appended' && !this.watchedOutputs.has(message.id ?? '')) return;
    if (message.type === 'logs.appended' && !this.watchedLogs.has(message.id ?? '')) return;
    this.sendText(text);
  }

  /** Has the console fetch its screen, now or as soon as a second has passed since the last time. */
  hello(): void {
    if (this.helloTimer) return;
    const wait = this.helloAt + HELLO_MS - performance.now();
    if (wait > 0) {
      this.helloTimer = setTimeout(() => {
        this.helloTimer = undefined;
        this.hello();
      }, wait + 1);
      this.helloTimer.unref();
      return;
    }
    this.helloAt = performance.now();
    this.send({ type: 'hello' });
  }

  private send(message: LiveMessage): void {
    this.sendText(JSON.stringify(message));
  }

  /** Asks for a sign of life. A console that gave none since the last time is gone. */
  ping(): void {
    if (!this.answered) return this.socket.terminate();
    this.answered = false;
    this.messages = 0;
    if (this.socket.readyState === WebSocket.OPEN) this.socket.ping();
  }

  signOut(): void {
    this.send({ type: 'signed-out' });
    this.close(CLOSE.signedOut, 'signed out');
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
    // A peer that does not answer the close must not hold the connection.
    setTimeout(() => this.socket.terminate(), 1000).unref();
  }

  private sendText(text: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.socket.bufferedAmount > MOST_WAITING_BYTES) return this.close(CLOSE.tooSlow, 'too slow');
    this.socket.send(text);
  }

  private receive(text: string): void {
    this.messages += 1;
    if (this.messages > MOST_MESSAGES) return this.close(CLOSE.notUnderstood, 'too many messages');
    try {
      this.watch(parse(LiveWatch, JSON.parse(text), { unknown: 'refuse' }));
    } catch (error) {
      if (!(error instanceof InvalidInput || error instanceof SyntaxError)) throw error;
      this.close(CLOSE.notUnderstood, 'not understood');
    }
  }

  /** Outputs and logs are lists of their own: each message replaces the one that it is about. */
  private watch({ type, operationIds, deviceIds }: LiveWatch): void {
    if (type === 'watch-output' && operationIds && !deviceIds) this.watchedOutputs = new Set(operationIds);
    else if (type === 'watch-logs' && deviceIds && !operationIds) this.watchedLogs = new Set(deviceIds);
    else return this.close(CLOSE.notUnderstood, 'not understood');
    this.following();
  }
}
