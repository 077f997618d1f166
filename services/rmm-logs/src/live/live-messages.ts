import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { liveFannedOut, type LiveFanOut, type LogEntry, type OutputPiece } from '@muster/contracts';
import { Log } from '@muster/service-kit';
import { Followers } from './followers';

/** Most characters in one message: three bytes each at worst, and the bus takes 1 MB. */
const MOST_CHARACTERS = 200_000;
const MOST_PIECES = 64;
const MOST_ENTRIES = 100;

/**
 * Sends what was just stored to the consoles that watch it. Call it after the commit. Never throws: consoles fetch what
 * they missed when they connect again.
 */
@Injectable()
export class LiveMessages {
  constructor(
    private readonly bus: Bus,
    private readonly log: Log,
    private readonly followers: Followers,
  ) {}

  /** Where nobody follows the operation, nothing is sent. @param pieces in order */
  async outputAppended(organisationId: string, operationId: string, pieces: readonly OutputPiece[]): Promise<void> {
    if (!this.followers.isOutputFollowed(organisationId, operationId)) return;
    for (const part of inMessages(pieces, MOST_PIECES, MOST_CHARACTERS, ({ text }) => text.length)) {
      const message = { type: 'output.appended', id: operationId, pieces: part } as const;
      await this.send({ organisationId, permission: 'operations.read', message });
    }
  }

  /** Where nobody follows the device, nothing is sent. @param entries oldest first */
  async logsAppended(organisationId: string, deviceId: string, entries: readonly LogEntry[]): Promise<void> {
    if (!this.followers.areLogsFollowed(organisationId, deviceId)) return;
    const size = ({ message, fields }: LogEntry): number => message.length + (fields?.length ?? 0);
    for (const part of inMessages(entries, MOST_ENTRIES, MOST_CHARACTERS, size)) {
      const message = { type: 'logs.appended', id: deviceId, entries: part } as const;
      await this.send({ organisationId, permission: 'monitoring.read', message });
    }
  }

  private async send(fanOut: LiveFanOut): Promise<void> {
    try {
      await this.bus.publish(liveFannedOut, fanOut);
    } catch (error) {
      this.log.debug({ err: error, type: fanOut.message.type }, 'Live message lost.');
    }
  }
}

/** Parts in order, each of at most so many items and, unless one alone is longer, of so many characters. */
export function* inMessages<T>(
  items: readonly T[],
  most: number,
  mostCharacters: number,
  sizeOf: (item: T) => number,
): Generator<T[]> {
  let part: T[] = [];
  let size = 0;
  for (const item of items) {
    const added = sizeOf(item);
    if (part.length > 0 && (part.length === most || size + added > mostCharacters)) {
      yield part;
      part = [];
      size = 0;
    }
    part.push(item);
    size += added;
  }
  if (part.length > 0) yield part;
}
