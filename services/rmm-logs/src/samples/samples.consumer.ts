import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { type SamplesReported, samplesReported } from '@muster/contracts';
import { SampleStore } from './sample-store';

/** Samples that devices reported. */
@Injectable()
export class SamplesConsumer {
  constructor(private readonly samples: SampleStore) {}

  @ConsumesEvent(samplesReported, { batch: 500 })
  reported(events: SamplesReported[]): Promise<void> {
    return this.samples.store(events);
  }
}
