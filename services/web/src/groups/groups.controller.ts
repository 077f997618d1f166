import { Controller } from '@nestjs/common';
import {
  changeGroupMembers,
  createGroup,
  deleteGroup,
  listGroups,
  type RouteCall,
  type RouteReply,
  updateGroup,
} from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { LiveEvents } from '../live/live-events';
import { Groups } from './groups.service';

@Controller()
export class GroupsController {
  constructor(
    private readonly groups: Groups,
    private readonly live: LiveEvents,
  ) {}

  @Handles(listGroups)
  list({ principal, query }: RouteCall<typeof listGroups>): Promise<RouteReply<typeof listGroups>> {
    return this.groups.list(principal.organisationId, query);
  }

  @Handles(createGroup)
  create(call: RouteCall<typeof createGroup>): Promise<RouteReply<typeof createGroup>> {
    return this.groups.create(call, call.body);
  }

  @Handles(updateGroup)
  update(call: RouteCall<typeof updateGroup>): Promise<RouteReply<typeof updateGroup>> {
    return this.groups.update(call, call.params.id, call.body);
  }

  @Handles(deleteGroup)
  async remove(call: RouteCall<typeof deleteGroup>): Promise<void> {
    await this.groups.remove(call, call.params.id);
  }

  @Handles(changeGroupMembers)
  async members(call: RouteCall<typeof changeGroupMembers>): Promise<RouteReply<typeof changeGroupMembers>> {
    const { organisationId } = call.principal;
    const group = await this.groups.changeMembers(call, call.params.id, call.body);
    this.live.deviceChanged(organisationId, [...(call.body.add ?? []), ...(call.body.remove ?? [])]);
    return group;
  }
}
