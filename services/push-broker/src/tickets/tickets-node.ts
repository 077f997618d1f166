import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Log } from '@muster/service-kit';
import { XmppServer } from '../core/server';
import { OwnRecords } from '../records/own-records';
import { TicketRecords } from './ticket-records';

/** Milliseconds that whoever grants a ticket waits until it is kept; it holds at once. */
const PATIENCE_MS = 2000;

/** Tickets of the running service, which a restart does not end. */
@Injectable()
export class TicketsNode implements BeforeApplicationShutdown {
  private readonly records: TicketRecords;

  constructor(server: XmppServer, records: OwnRecords, log: Log) {
    this.records = new TicketRecords(records.of('ticket'), server.tickets, (error, doing) =>
      log.warn({ err: error, doing }, 'Tickets would not survive a restart now.'),
    );
  }

  async changed(tool: string, devices: readonly string[]): Promise<void> {
    const kept = Promise.all(devices.map((device) => this.records.changed(tool, device)));
    await Promise.race([kept, pause(PATIENCE_MS, undefined, { ref: false })]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.records.stop();
  }
}
