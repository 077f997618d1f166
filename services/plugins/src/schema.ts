import type { SchemaOptions } from '@muster/database';
import { ChangeRow } from './changes/change.entity';
import { DeviceRow } from './devices/device.entity';
import { CreatePlugins1763697600000 } from './migrations/1763697600000-create-plugins';
import { WaitingRow } from './reports/waiting.entity';
import { PartRow, SectionRow } from './sections/section.entity';
import { InstalledRow, ProductRow, TitleRow } from './software/software.entity';

/** Everything in the schema `plugins`. Migrations are only ever added at the end. */
export const PLUGINS_SCHEMA: SchemaOptions = {
  schema: 'plugins',
  entities: [DeviceRow, SectionRow, PartRow, WaitingRow, ProductRow, TitleRow, InstalledRow, ChangeRow],
  migrations: [CreatePlugins1763697600000],
};
