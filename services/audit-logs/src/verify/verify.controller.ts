import { Controller } from '@nestjs/common';
import { type RouteCall, type RouteReply, verifyAudit } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { Verification } from './verify.service';

@Controller()
export class VerifyController {
  constructor(private readonly verification: Verification) {}

  @Handles(verifyAudit)
  verify({ principal, body }: RouteCall<typeof verifyAudit>): Promise<RouteReply<typeof verifyAudit>> {
    return this.verification.verify(principal.organisationId, body);
  }
}
