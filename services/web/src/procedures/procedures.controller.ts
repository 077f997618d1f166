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
  create({ principal, body }: RouteCall<typeof createProcedure>): Promise<RouteReply<typeof createProcedure>> {
    return this.procedures.create(principal.organisationId, body, principal.name);
  }

  @Handles(updateProcedure)
  update(call: RouteCall<typeof updateProcedure>): Promise<RouteReply<typeof updateProcedure>> {
    return this.procedures.update(call.principal.organisationId, call.params.id, call.body, call.principal.name);
  }

  @Handles(deleteProcedure)
  remove({ principal, params }: RouteCall<typeof deleteProcedure>): Promise<void> {
    return this.procedures.remove(principal.organisationId, params.id, principal.name);
  }
}
