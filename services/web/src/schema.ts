import type { SchemaOptions } from '@muster/database';
import { DeviceFactsRow } from './devices/device-facts.entity';
import { DeviceInventoryRow } from './devices/device-inventory.entity';
import { Device } from './devices/device.entity';
import { EndpointMapRow } from './endpoint-map/endpoint-map.entity';
import { DeviceHardware } from './enrolment/device-hardware.entity';
import { GroupMember } from './groups/group-member.entity';
import { Group } from './groups/group.entity';
import { Lease } from './leases/lease.entity';
import { MergeQuestionRow } from './merge-questions/merge-question.entity';
import { CreateCore1763683200000 } from './migrations/1763683200000-core';
import { CreateOperations1763690400000 } from './migrations/1763690400000-operations';
import { OutputLeaves1763694000000 } from './migrations/1763694000000-output-leaves';
import { CreateSavedFilters1763697600000 } from './migrations/1763697600000-saved-filters';
import { CreateDeviceInventory1763701200000 } from './migrations/1763701200000-device-inventory';
import { DeviceSearch1763704800000 } from './migrations/1763704800000-device-search';
import { CreateUninstallPolicies1763708400000 } from './migrations/1763708400000-uninstall-policies';
import {
  OperationBatchRow,
  OperationRow,
  OperationTransitionRow,
  SigningDelegationRow,
} from './operations/operation.entity';
import { Organisation } from './organisations/organisation.entity';
import { BrokerNode } from './presence/broker-node.entity';
import { DeviceConnection } from './presence/device-connection.entity';
import { ProcedureRow, ProcedureVersionRow, StarterSetRow } from './procedures/procedure.entity';
import { SavedFilterRow } from './saved-filters/saved-filter.entity';
import { UninstallPolicyRow } from './uninstalling/uninstall-policy.entity';

/** Everything in the schema `core`. Migrations are only ever added at the end. */
export const coreSchema: SchemaOptions = {
  schema: 'core',
  entities: [
    Organisation,
    Device,
    DeviceFactsRow,
    DeviceInventoryRow,
    DeviceHardware,
    DeviceConnection,
    BrokerNode,
    Group,
    GroupMember,
    MergeQuestionRow,
    EndpointMapRow,
    Lease,
    OperationBatchRow,
    OperationRow,
    OperationTransitionRow,
    SigningDelegationRow,
    ProcedureRow,
    ProcedureVersionRow,
    StarterSetRow,
    SavedFilterRow,
    UninstallPolicyRow,
  ],
  migrations: [
    CreateCore1763683200000,
    CreateOperations1763690400000,
    OutputLeaves1763694000000,
    CreateSavedFilters1763697600000,
    CreateDeviceInventory1763701200000,
    DeviceSearch1763704800000,
    CreateUninstallPolicies1763708400000,
  ],
};
