import { Controller } from '@nestjs/common';
import {
  auditVerified,
  type AuditVerdict,
  factBy,
  type RouteCall,
  type RouteReply,
  verifyAudit,
} from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { Verification } from './verify.service';

type Call = RouteCall<typeof verifyAudit>;

@Controller()
export class VerifyController {
  constructor(
    private readonly verification: Verification,
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  @Handles(verifyAudit)
  async verify(call: Call): Promise<RouteReply<typeof verifyAudit>> {
    const verdict = await this.verification.verify(call.principal.organisationId, call.body);
    if (!isTold(call, verdict)) return verdict;
    const { intact, checkedFrom, checkedTo, faults } = verdict;
    const fact = { ...factBy(call), intact, checkedFrom, checkedTo, faults: faults.length };
    await this.database.inOrganisation(fact.organisationId, (manager) => this.outbox.add(manager, auditVerified, fact));
    return verdict;
  }
}

/** A long chain takes many calls: where it begins, where it ends and what found something are entries of their own. */
const isTold = ({ body }: Call, { intact, next }: AuditVerdict): boolean =>
  body.from === undefined || next === undefined || !intact;
