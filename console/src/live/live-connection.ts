import type { LiveMessage, LiveWatch } from '@muster/contracts';

export type LiveState = 'connecting' | 'connected' | 'waiting';

/** The part of a WebSocket that is used here. */
export interface LiveSocket {
  send(text: string): void;
  close(): void;
}
/** Opens a socket and tells what comes of it. */
export type OpenSocket = (received: (data: unknown) => void, closed: () => void) => LiveSocket;

export interface LiveHandlers {
  message(message: LiveMessage): void;
  state(state: LiveState): void;
  /** Connected, after a time in which messages may have been missed: what was read before may be out of date. */
  gap(): void;
}

const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
/** No `hello` in this time: the connection is as good as dead. */
const HELLO_WITHIN = 10_000;

/**
 * Milliseconds before attempt number `attempt` (from 0): doubling up to half a minute, spread over its upper half, so
 * that all consoles of a restarted server do not return in the same moment.
 */
export const delayBefore = (attempt: number, random: () => number): number =>
  Math.min(FIRST_DELAY * 2 ** Math.min(attempt, 16), LONGEST_DELAY) * (0.5 + random() / 2);

/** Keeps one WebSocket open for as long as it is started, and says when messages may have been missed. */
export class LiveConnection {
  private socket: LiveSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private greeted = false;
  private stopped = true;
  private readonly watched = new Map<LiveWatch['type'], LiveWatch>();

  constructor(
    private readonly open: OpenSocket,
    private readonly handlers: LiveHandlers,
    private readonly random: () => number = Math.random,
  ) {}

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.drop();
  }

  /** Tries at once instead of waiting: the network came back or the page is shown again. */
  hurry(): void {
    if (this.stopped || this.socket) return;
    this.attempt = 0;
    this.connect();
  }

  /** Whose output or logs the server shall send; replaces the earlier list of that type and survives reconnects. */
  watch(watch: LiveWatch): void {
    this.watched.set(watch.type, watch);
    if (this.greeted) this.socket?.send(JSON.stringify(watch));
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.handlers.state('connecting');
    const socket: LiveSocket = this.open(
      (data) => this.receive(socket, data),
      () => this.lost(socket),
    );
    this.socket = socket;
    this.timer = setTimeout(() => this.lost(socket), HELLO_WITHIN);
  }

  private receive(socket: LiveSocket, data: unknown): void {
    const message = socket === this.socket ? readMessage(data) : undefined;
    if (!message) return;
    if (message.type === 'hello') this.welcome();
    else this.handlers.message(message);
  }

  private welcome(): void {
    clearTimeout(this.timer);
    this.attempt = 0;
    this.greeted = true;
    for (const watch of this.watched.values()) this.socket?.send(JSON.stringify(watch));
    this.handlers.state('connected');
    this.handlers.gap();
  }

  private lost(socket: LiveSocket): void {
    if (socket !== this.socket) return;
    this.drop();
    if (this.stopped) return;
    this.handlers.state('waiting');
    this.timer = setTimeout(() => this.connect(), delayBefore(this.attempt++, this.random));
  }

  private drop(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = undefined;
    this.greeted = false;
    socket?.close();
  }
}

function readMessage(data: unknown): LiveMessage | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const message: unknown = JSON.parse(data);
    return typeof message === 'object' && message !== null && 'type' in message ? (message as LiveMessage) : undefined;
  } catch {
    return undefined;
  }
}
