import { Injectable } from '@nestjs/common';
import type { OutputPiece, OutputReported } from '@muster/contracts';
import { afterCommit, Database } from '@muster/database';
import { RmmLogsConfig } from '../config';
import { LiveMessages } from '../live/live-messages';
import { Storing } from '../metrics/storing';
import { byOrganisation } from '../reports/by-organisation';
import { grouped } from '../reports/grouped';
import { keptTime } from '../retention/kept';
import { Retention } from '../retention/retention.service';
import type { EntityManager } from 'typeorm';
import {
  countToday,
  cutBefore,
  insertPieces,
  lockOutputs,
  type Output,
  type Piece,
  saveOutputs,
  trim,
} from './output.queries';
import { timeOf } from './operation-id';

/** Stores what operations print: each piece once, and no more of one operation than is allowed. */
@Injectable()
export class OutputStore {
  constructor(
    private readonly database: Database,
    private readonly config: RmmLogsConfig,
    private readonly storing: Storing,
    private readonly retention: Retention,
    private readonly live: LiveMessages,
  ) {}

  store(events: readonly OutputReported[]): Promise<void> {
    return this.retention.makingRoom(() =>
      byOrganisation(events, (organisationId, own) => this.storeIn(organisationId, own)),
    );
  }

  private async storeIn(organisationId: string, events: readonly OutputReported[]): Promise<void> {
    const all: Piece[] = events.flatMap(({ operationId, deviceId, chunks }) =>
      chunks.map((chunk) => ({ ...chunk, operationId, deviceId })),
    );
    const kept = keptTime(this.config, 'output_pieces');
    const isKept = ({ operationId }: Piece): boolean => {
      const time = timeOf(operationId) ?? 0;
      return time >= kept.from && time <= kept.to;
    };
    const pieces = all.filter(isKept);
    const result = await this.database.inOrganisation(organisationId, async (manager) => {
      const outputs = await lockOutputs(manager, organisationId, pieces);
      const wanted = onlyOnce(pieces).filter(
        (piece) => piece.number < (outputs.get(keyOf(piece))?.cutFrom ?? Infinity),
      );
      const fresh = await insertPieces(manager, organisationId, wanted);
      for (const [key, own] of grouped(fresh, keyOf)) {
        const output = outputs.get(key);
        if (output) output.bytes += bytesOf(own);
      }
      for (const output of outputs.values()) {
        if (output.bytes > this.config.OUTPUT_BYTES) {
          Object.assign(output, await trim(manager, organisationId, output, this.config.OUTPUT_BYTES));
        }
      }
      await this.keepToDay(manager, organisationId, fresh, outputs);
      await saveOutputs(manager, organisationId, [...outputs.values()]);
      const stored = fresh.filter((piece) => piece.number < (outputs.get(keyOf(piece))?.cutFrom ?? Infinity));
      afterCommit(manager, () => void this.show(organisationId, stored));
      return { stored: stored.length, beyond: countBeyond(pieces, outputs) };
    });
    this.storing.stored(
      'output',
      result.stored,
      events.map(({ receivedAt }) => receivedAt),
    );
    this.storing.drop('output', 'expired', all.length - pieces.length);
    this.storing.drop('output', 'limit', result.beyond);
    this.storing.drop('output', 'repeated', Math.max(0, pieces.length - result.beyond - result.stored));
  }

  /** Beyond what a device may hand in on a day its outputs are cut, each before the first new piece that has no room. */
  private async keepToDay(
    manager: EntityManager,
    organisationId: string,
    fresh: readonly Piece[],
    outputs: ReadonlyMap<string, Output>,
  ): Promise<void> {
    const most = this.config.OUTPUT_BYTES_PER_DEVICE_AND_DAY;
    const kept = fresh.filter((piece) => piece.number < (outputs.get(keyOf(piece))?.cutFrom ?? Infinity));
    const byDevice = new Map(grouped(kept, ({ deviceId }) => deviceId));
    const added = new Map([...byDevice].map(([deviceId, own]) => [deviceId, bytesOf(own)]));
    for (const [deviceId, today] of await countToday(manager, organisationId, added)) {
      if (today <= most) continue;
      let room = most - today + (added.get(deviceId) ?? 0);
      for (const [key, own] of grouped(byDevice.get(deviceId) ?? [], keyOf)) {
        const output = outputs.get(key);
        const cut = own.find((piece) => (room -= bytesOf([piece])) < 0);
        if (output && cut) Object.assign(output, await cutBefore(manager, organisationId, output, cut.number));
      }
    }
  }

  private async show(organisationId: string, stored: readonly Piece[]): Promise<void> {
    for (const [operationId, pieces] of grouped(stored, (piece) => piece.operationId)) {
      const shown: OutputPiece[] = pieces.toSorted((left, right) => left.number - right.number);
      await this.live.outputAppended(organisationId, operationId, shown);
    }
  }
}

const bytesOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);

const keyOf = ({ operationId, deviceId }: { operationId: string; deviceId: string }): string =>
  `${operationId} ${deviceId}`;

/** The first of those with the same number, in the order of numbers. */
function onlyOnce(pieces: readonly Piece[]): Piece[] {
  const first = new Map(pieces.toReversed().map((piece) => [`${keyOf(piece)} ${piece.number}`, piece]));
  return [...first.values()].toSorted((left, right) => left.number - right.number);
}

const countBeyond = (pieces: readonly Piece[], outputs: ReadonlyMap<string, Output>): number =>
  pieces.filter((piece) => piece.number >= (outputs.get(keyOf(piece))?.cutFrom ?? Infinity)).length;
