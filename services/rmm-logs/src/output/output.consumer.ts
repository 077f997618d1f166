import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { type OutputReported, outputReported } from '@muster/contracts';
import { OutputStore } from './output-store';

/** What operations printed on their devices. */
@Injectable()
export class OutputConsumer {
  constructor(private readonly output: OutputStore) {}

  @ConsumesEvent(outputReported, { batch: 500 })
  reported(events: OutputReported[]): Promise<void> {
    return this.output.store(events);
  }
}
