import { Controller } from '@nestjs/common';
import {
  listDevices,
  readDashboard,
  readDevice,
  renameDevice,
  retireDevice,
  type RouteCall,
  type RouteReply,
} from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { dashboardCounts } from './dashboard.queries';
import { deviceDetail } from './device-detail.queries';
import { listDevicePage } from './device-list.queries';
import { Devices } from './devices.service';

@Controller()
export class DevicesController {
  constructor(
    private readonly database: Database,
    private readonly devices: Devices,
  ) {}

  @Handles(listDevices)
  list({ principal, query }: RouteCall<typeof listDevices>): Promise<RouteReply<typeof listDevices>> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, (manager) => listDevicePage(manager, organisationId, query));
  }

  @Handles(readDashboard)
  dashboard({ principal }: RouteCall<typeof readDashboard>): Promise<RouteReply<typeof readDashboard>> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, (manager) => dashboardCounts(manager, organisationId));
  }

  @Handles(readDevice)
  read({ principal, params }: RouteCall<typeof readDevice>): Promise<RouteReply<typeof readDevice>> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, (manager) => deviceDetail(manager, organisationId, params.id));
  }

  @Handles(renameDevice)
  rename(call: RouteCall<typeof renameDevice>): Promise<RouteReply<typeof renameDevice>> {
    return this.devices.rename(call, call.params.id, call.body.name);
  }

  @Handles(retireDevice)
  async retire(call: RouteCall<typeof retireDevice>): Promise<void> {
    await this.devices.retire(call, call.params.id);
  }
}
