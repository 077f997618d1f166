import type { SchemaOptions } from '@muster/database';
import { CreateDownloads1763719200000 } from './migrations/1763719200000-create-downloads';
import { HintDevices1763726400000 } from './migrations/1763726400000-hint-devices';
import { ReleaseRow } from './releases/release.entity';
import { DeviceAgentRow } from './roll-outs/device-agent.entity';
import { DeviceChannelRow } from './roll-outs/device-channel.entity';
import { DeviceReleaseRow } from './roll-outs/device-release.entity';

/** Everything in the schema `downloads`. Migrations are only ever added at the end. */
export const DOWNLOADS_SCHEMA: SchemaOptions = {
  schema: 'downloads',
  entities: [ReleaseRow, DeviceReleaseRow, DeviceChannelRow, DeviceAgentRow],
  migrations: [CreateDownloads1763719200000, HintDevices1763726400000],
};
