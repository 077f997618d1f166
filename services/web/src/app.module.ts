import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ServiceDatabaseModule } from '@muster/service-kit/database';
import type { WebRole } from './config';
import { DeadLettersModule } from './dead-letters/dead-letters.module';
import { DevicesModule, DirectoryModule } from './devices/devices.module';
import { EndpointMapFaceModule } from './endpoint-map/endpoint-map.module';
import { EnrolmentModule } from './enrolment/enrolment.module';
import { GroupsModule } from './groups/groups.module';
import { LimitsModule } from './limits/limits.module';
import { LiveGatewayModule } from './live/live.module';
import { MergeQuestionsModule } from './merge-questions/merge-questions.module';
import { OperationsModule } from './operations/operations.module';
import { OrganisationsFaceModule, OrganisationsModule } from './organisations/organisations.module';
import { PresenceModule } from './presence/presence.module';
import { ProceduresModule } from './procedures/procedures.module';
import { SavedFiltersModule } from './saved-filters/saved-filters.module';
import { coreSchema } from './schema';
import { SyncModule } from './sync/sync.module';
import { UninstallModule, UninstallPolicyModule } from './uninstalling/uninstalling.module';

/** What every process of the service has. */
const COMMON = [ServiceDatabaseModule.forService(coreSchema), DirectoryModule, LimitsModule, OrganisationsModule];

/** What consoles and tools talk to. */
const MANAGER: Type[] = [
  DeadLettersModule,
  DevicesModule,
  GroupsModule,
  LiveGatewayModule,
  MergeQuestionsModule,
  OperationsModule,
  OrganisationsFaceModule,
  ProceduresModule,
  SavedFiltersModule,
  UninstallPolicyModule,
];

/** What devices talk to, and the work behind it: no route that a console could use. */
const WORKER: Type[] = [EndpointMapFaceModule, EnrolmentModule, PresenceModule, SyncModule, UninstallModule];

@Module({})
export class AppModule {
  static forRole(role: WebRole): DynamicModule {
    return {
      module: AppModule,
      imports: [...COMMON, ...(role === 'worker' ? [] : MANAGER), ...(role === 'manager' ? [] : WORKER)],
    };
  }
}
