import { Injectable } from '@nestjs/common';
import { OperationsConfig } from '../operations/operations.config';
import type { LiveConnection } from './live-connection';

/** The consoles that are connected to this process. */
@Injectable()
export class LiveConnections implements Iterable<LiveConnection> {
  private readonly open = new Set<LiveConnection>();
  private following: (connection: LiveConnection) => void = () => undefined;

  constructor(private readonly config: OperationsConfig) {}

  get isFull(): boolean {
    return this.open.size >= this.config.MOST_LIVE_CONNECTIONS;
  }

  get isEmpty(): boolean {
    return this.open.size === 0;
  }

  /** It is one of them until it is closed. */
  add(connection: LiveConnection): void {
    this.open.add(connection);
    connection.onClosed(() => this.open.delete(connection));
    connection.onFollowing(() => this.following(connection));
  }

  /** Calls the listener when one of them says what it follows. */
  onFollowing(listener: (connection: LiveConnection) => void): void {
    this.following = listener;
  }

  [Symbol.iterator](): Iterator<LiveConnection> {
    return this.open.values();
  }
}
