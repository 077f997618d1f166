import { Injectable } from '@nestjs/common';
import { ConsumesEvent } from '@muster/bus';
import { type MergeQuestionAnswered, mergeQuestionAnswered } from '@muster/contracts';
import { Database } from '@muster/database';

/** Notes which device became which: the operations of the one are then shown as the other's, and so is their output. */
@Injectable()
export class MergedDevicesConsumer {
  constructor(private readonly database: Database) {}

  @ConsumesEvent(mergeQuestionAnswered)
  async answered([event]: MergeQuestionAnswered[]): Promise<void> {
    if (event?.answer !== 'same') return;
    const { organisationId, knownId, newcomerId, at } = event;
    await this.database.inOrganisation(organisationId, (manager) =>
      manager.query(
        `INSERT INTO rmm_logs.merged_devices (organisation_id, device_id, successor_id, merged_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organisation_id, device_id) DO NOTHING`,
        [organisationId, knownId, newcomerId, at],
      ),
    );
  }
}
