import { Controller } from '@nestjs/common';
import {
  cancelBatch,
  cancelOperation,
  listOperations,
  readBatch,
  readOperation,
  type RouteCall,
  type RouteReply,
  runProcedure,
} from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { CancelService } from './cancel.service';
import { operationDetail } from './operation-detail.queries';
import { batchProgress, listOperationPage } from './operation-list.queries';
import { OperationsConfig } from './operations.config';
import { RunProcedureService } from './run-procedure.service';

@Controller()
export class OperationsController {
  constructor(
    private readonly database: Database,
    private readonly runs: RunProcedureService,
    private readonly cancels: CancelService,
    private readonly config: OperationsConfig,
  ) {}

  @Handles(runProcedure)
  run(call: RouteCall<typeof runProcedure>): Promise<RouteReply<typeof runProcedure>> {
    return this.runs.run(call, call.body);
  }

  @Handles(listOperations)
  async list({ principal, query }: RouteCall<typeof listOperations>): Promise<RouteReply<typeof listOperations>> {
    const { organisationId } = principal;
    const page = await this.database.inOrganisation(organisationId, (manager) =>
      listOperationPage(manager, organisationId, query),
    );
    return { ...page, keptDays: this.config.OPERATION_DAYS };
  }

  @Handles(readOperation)
  read({ principal, params }: RouteCall<typeof readOperation>): Promise<RouteReply<typeof readOperation>> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, (manager) =>
      operationDetail(manager, organisationId, params.id),
    );
  }

  @Handles(cancelOperation)
  cancel(call: RouteCall<typeof cancelOperation>): Promise<RouteReply<typeof cancelOperation>> {
    return this.cancels.one(call, call.params.id);
  }

  @Handles(readBatch)
  readBatch({ principal, params }: RouteCall<typeof readBatch>): Promise<RouteReply<typeof readBatch>> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, (manager) => batchProgress(manager, organisationId, params.id));
  }

  @Handles(cancelBatch)
  cancelBatch(call: RouteCall<typeof cancelBatch>): Promise<RouteReply<typeof cancelBatch>> {
    return this.cancels.batch(call, call.params.id, call.body);
  }
}
