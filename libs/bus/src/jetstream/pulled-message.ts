import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { nanos } from '@nats-io/transport-node';

/**
 * An event that a pull consumer delivered. All about it is in its reply subject (ADR-15), in the short form
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<consumer sequence>.<nanoseconds>.<pending>` or the long one,
 * with domain and account before the stream and a random end.
 */
export class PulledMessage {
  private settled = false;

  private constructor(
    private readonly message: Msg,
    /** Its number on the stream. */
    readonly sequence: number,
    /** 1 when it is delivered for the first time. */
    readonly deliveries: number,
    readonly storedAt: Date,
    /** How many more the consumer had when this was sent. */
    readonly pending: number,
    /** Names it for ever, also when a memory stream begins to count anew. */
    readonly identity: string,
  ) {}

  /** Undefined for a message that no consumer delivered. */
  static from(message: Msg): PulledMessage | undefined {
    const tokens = (message.reply ?? '').split('.');
    const [stream, , deliveries, sequence, , time, pending] = tokens.slice(tokens.length === 9 ? 2 : 4);
    if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || !time || !/^\d+$/.test(time)) return undefined;
    const storedAt = new Date(Number(BigInt(time) / 1_000_000n));
    const identity = `${stream}-${sequence}-${time}`;
    return new PulledMessage(message, Number(sequence), Number(deliveries), storedAt, Number(pending), identity);
  }

  get data(): Uint8Array {
    return this.message.data;
  }

  get headers(): MsgHdrs | undefined {
    return this.message.headers;
  }

  /** Handled. */
  acknowledge(): void {
    this.settle('+ACK');
  }

  /** Shall come again, not before `delayMs`. */
  again(delayMs: number): void {
    this.settle(delayMs > 0 ? `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}` : '-NAK');
  }

  /** Shall not come again. */
  terminate(): void {
    this.settle('+TERM');
  }

  /** Still in hand: the time for acknowledging begins anew. */
  working(): void {
    if (!this.settled) this.respond('+WPI');
  }

  private settle(answer: string): void {
    if (this.settled) return;
    this.settled = true;
    this.respond(answer);
  }

  private respond(answer: string): void {
    try {
      this.message.respond(answer);
    } catch {
      // The connection is closed for good: the server delivers the event again, which handlers bear.
    }
  }
}
