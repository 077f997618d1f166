import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Connection } from '../connection';

/** A subject to hear, for one of the instances of a service (`queue`) or for each. */
export interface Heard {
  subject: string;
  queue?: string;
  /** Never rejects. */
  take(message: Msg): Promise<void>;
}

/** Subscriptions on plain NATS: made on each new connection, ended with what was taken brought to its end. */
export class Subscriptions {
  private readonly running = new Set<Promise<void>>();
  private current: Subscription[] = [];

  constructor(private readonly connection: Connection) {}

  start(heard: readonly Heard[]): void {
    this.connection.onSession((nats) => {
      this.current = heard.map((one) => this.subscribe(nats, one));
    });
  }

  /** Takes no more messages; fulfilled when those at hand are done with. */
  async stop(): Promise<void> {
    await this.connection.drain(this.current);
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  private subscribe(nats: NatsConnection, { subject, queue, take }: Heard): Subscription {
    return nats.subscribe(subject, {
      ...(queue ? { queue } : {}),
      callback: (error, message) => {
        // A refused subscription ends here; the connection's log names the subject.
        if (error) return;
        const work = take(message);
        this.running.add(work);
        void work.finally(() => this.running.delete(work));
      },
    });
  }
}
