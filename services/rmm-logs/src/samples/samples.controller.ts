import { Controller } from '@nestjs/common';
import { AppError, readSample, readSeries, type RouteCall, type RouteReply } from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { RmmLogsConfig } from '../config';
import { keptTime } from '../retention/kept';
import * as queries from './series.queries';

/** Charts of devices, and what one is doing. */
@Controller()
export class SamplesController {
  constructor(
    private readonly database: Database,
    private readonly config: RmmLogsConfig,
  ) {}

  @Handles(readSeries)
  series({ params, query, principal }: RouteCall<typeof readSeries>): Promise<RouteReply<typeof readSeries>> {
    const { organisationId } = principal;
    const kept = {
      raw: keptTime(this.config, 'sample_hours').from,
      hourly: keptTime(this.config, 'samples_hourly').from,
      until: keptTime(this.config, 'samples').to,
    };
    return this.database.inOrganisation(organisationId, (manager) =>
      queries.readSeries(manager, { organisationId, deviceId: params.id }, query, kept),
    );
  }

  @Handles(readSample)
  async sample({ params, query, principal }: RouteCall<typeof readSample>): Promise<RouteReply<typeof readSample>> {
    const { organisationId } = principal;
    const at = query.at === undefined ? keptTime(this.config, 'samples').to : Date.parse(query.at);
    const sample = await this.database.inOrganisation(organisationId, (manager) =>
      queries.readSample(manager, { organisationId, deviceId: params.id }, at),
    );
    if (!sample) throw new AppError('not-found', 'There is no sample of this device at that time.');
    return sample;
  }
}
