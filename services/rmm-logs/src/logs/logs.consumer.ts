import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { type LogsReported, logsReported } from '@muster/contracts';
import { LogStore } from './log-store';

/** Lines of agents' logs that devices reported. */
@Injectable()
export class LogsConsumer {
  constructor(private readonly logs: LogStore) {}

  @ConsumesEvent(logsReported, { batch: 500 })
  reported(events: LogsReported[]): Promise<void> {
    return this.logs.store(events);
  }
}
