import { Controller } from '@nestjs/common';
import {
  challengeRenewal,
  type DeviceCertificate,
  type RenewalChallenge,
  renewCertificate,
  type RouteCall,
} from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { Renewal } from './renewal';
import { RenewalChallenges } from './renewal-challenge';

/** Renewal on the vhost that asks for no client certificate: a device whose certificate expired has none to show. */
@Controller()
export class RenewalController {
  constructor(
    private readonly challenges: RenewalChallenges,
    private readonly renewal: Renewal,
  ) {}

  @Handles(challengeRenewal)
  challenge(_call: RouteCall<typeof challengeRenewal>): RenewalChallenge {
    return { challenge: this.challenges.issue() };
  }

  @Handles(renewCertificate)
  renew({ body, address }: RouteCall<typeof renewCertificate>): Promise<DeviceCertificate> {
    return this.renewal.renew(body, address);
  }
}
