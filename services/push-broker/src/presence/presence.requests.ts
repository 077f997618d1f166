import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import { AppError, type PresenceSnapshot, PresenceSnapshotQuery, readPresence } from '@muster/contracts';
import { PresenceLedger } from './presence-ledger';

/** Answers who is connected to this node. */
@Injectable()
export class PresenceRequests {
  constructor(private readonly ledger: PresenceLedger) {}

  @HandlesRequest(readPresence)
  async read({ node, after }: PresenceSnapshotQuery): Promise<PresenceSnapshot> {
    if (node !== this.ledger.node)
      throw new AppError('unavailable', `This is node ${this.ledger.node}; ask again for ${node}.`, {
        retryAfterSeconds: 1,
      });
    return this.ledger.page(after);
  }
}
