import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { samplesMeasured, type SamplesMeasured, samplesReported, type SamplesReported } from '@muster/contracts';
import { storedForm } from './measured';
import { SampleStore } from './sample-store';

/** Samples that devices reported. */
@Injectable()
export class SamplesConsumer {
  constructor(private readonly samples: SampleStore) {}

  @ConsumesEvent(samplesMeasured, { batch: 500 })
  measured(events: SamplesMeasured[]): Promise<void> {
    return this.samples.store(events);
  }

  /** As earlier versions published them. */
  @ConsumesEvent(samplesReported, { batch: 500 })
  reported(events: SamplesReported[]): Promise<void> {
    return this.samples.store(events.map(measuredFrom));
  }
}

const measuredFrom = ({ samples, ...head }: SamplesReported): SamplesMeasured => ({
  ...head,
  samples: samples.map(({ sequence, at, sample }) => ({ sequence, at, measured: storedForm(sample) })),
});
