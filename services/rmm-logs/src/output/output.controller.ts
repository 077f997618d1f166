import { Controller } from '@nestjs/common';
import { Bus } from '@muster/bus';
import {
  appendOutput,
  OUTPUT_EVENT_CHARACTERS,
  outputReported,
  readOutput,
  type RouteCall,
  type RouteReply,
} from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { RmmLogsConfig } from '../config';
import { inMessages } from '../live/live-messages';
import { keptTime } from '../retention/kept';
import { requireTime } from './operation-id';
import * as queries from './output.queries';

/** Most pieces in one event. */
const MOST_CHUNKS = 64;

@Controller()
export class OutputController {
  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly config: RmmLogsConfig,
  ) {}

  /** Stored under the device that sends: whose operation it is, is not asked, and no other's can be touched. */
  @Handles(appendOutput)
  async append({ params, body, principal }: RouteCall<typeof appendOutput>): Promise<void> {
    const { id: operationId } = params;
    requireTime(operationId, keptTime(this.config, 'output_pieces'), this.config.OUTPUT_FUTURE_HOURS);
    const head = {
      organisationId: principal.organisationId,
      deviceId: principal.id,
      spool: operationId,
      receivedAt: new Date().toISOString(),
      operationId,
    };
    const parts = inMessages(body.chunks, MOST_CHUNKS, OUTPUT_EVENT_CHARACTERS, ({ text }) => text.length);
    for (const chunks of parts) await this.bus.publish(outputReported, { ...head, chunks });
  }

  @Handles(readOutput)
  read({ params, query, principal }: RouteCall<typeof readOutput>): Promise<RouteReply<typeof readOutput>> {
    const { organisationId } = principal;
    const { id: deviceId, operationId } = params;
    return this.database.inOrganisation(organisationId, (manager) =>
      queries.readOutput(manager, { organisationId, operationId, deviceId }, query.from ?? 0),
    );
  }
}
