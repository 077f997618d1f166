import { Controller } from '@nestjs/common';
import {
  createProcedure,
  deleteProcedure,
  listProcedures,
  readProcedure,
  type RouteCall,
  type RouteReply,
  updateProcedure,
} from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { Procedures } from './procedures.service';

@Controller()
export class ProceduresController {
  constructor(private readonly procedures: Procedures) {}

  @Handles(listProcedures)
  list({ principal, query }: RouteCall<typeof listProcedures>): Promise<RouteReply<typeof listProcedures>> {
    return this.procedures.list(principal.organisationId, query);
  }

  @Handles(readProcedure)
  read({ principal, params }: RouteCall<typeof readProcedure>): Promise<RouteReply<typeof readProcedure>> {
    return this.procedures.read(principal.organisationId, params.id);
  }

  @Handles(createProcedure)
  create(call: RouteCall<typeof createProcedure>): Promise<RouteReply<typeof createProcedure>> {
    return this.procedures.create(call, call.body);
  }

  @Handles(updateProcedure)
  update(call: RouteCall<typeof updateProcedure>): Promise<RouteReply<typeof updateProcedure>> {
    return this.procedures.update(call, call.params.id, call.body);
  }

  @Handles(deleteProcedure)
  remove(call: RouteCall<typeof deleteProcedure>): Promise<void> {
    return this.procedures.remove(call, call.params.id);
  }
}
