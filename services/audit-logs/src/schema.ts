import type { SchemaOptions } from '@muster/database';
import { ChainRow } from './chain/chain.entity';
import { DeviceNameRow } from './chain/device-name.entity';
import { EntryRow } from './chain/entry.entity';
import { ForwardingRow } from './forwarding/forwarding.entity';
import { DelegationRow, HeadRow } from './heads/head.entity';
import { CreateAudit1763697600000 } from './migrations/1763697600000-audit';
import { AuditFilters1763701200000 } from './migrations/1763701200000-audit-filters';
import { AuditRemoval1763704800000 } from './migrations/1763704800000-audit-removal';

/** Everything in the schema `audit`. Migrations are only ever added at the end. */
export const auditSchema: SchemaOptions = {
  schema: 'audit',
  entities: [ChainRow, EntryRow, DeviceNameRow, HeadRow, DelegationRow, ForwardingRow],
  migrations: [CreateAudit1763697600000, AuditFilters1763701200000, AuditRemoval1763704800000],
};
