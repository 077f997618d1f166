import type { SchemaOptions } from '@muster/database';
import { CreateDownloads1763719200000 } from './migrations/1763719200000-create-downloads';
import { ReleaseRow } from './releases/release.entity';
import { DeviceChannelRow } from './roll-outs/device-channel.entity';
import { DeviceReleaseRow } from './roll-outs/device-release.entity';

/** Everything in the schema `downloads`. Migrations are only ever added at the end. */
export const DOWNLOADS_SCHEMA: SchemaOptions = {
  schema: 'downloads',
  entities: [ReleaseRow, DeviceReleaseRow, DeviceChannelRow],
  migrations: [CreateDownloads1763719200000],
};
