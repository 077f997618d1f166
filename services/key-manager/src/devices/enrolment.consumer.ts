import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import {
  type CertifiedDevice,
  type CertifyDevice,
  certifyDevice,
  type CheckRegistrationKey,
  checkRegistrationKey,
  type DescribeRegistrationKey,
  describeRegistrationKey,
  type RegistrationGrant,
  type RegistrationKeyDescription,
} from '@muster/contracts';
import { RegistrationKeys } from '../registration-keys/registration-keys';
import { Enrolment } from './enrolment';

/** Enrolment as `web` and the installer service ask for it. */
@Injectable()
export class EnrolmentConsumer {
  constructor(
    private readonly enrolment: Enrolment,
    private readonly keys: RegistrationKeys,
  ) {}

  @HandlesRequest(checkRegistrationKey)
  check(query: CheckRegistrationKey): Promise<RegistrationGrant> {
    return this.enrolment.check(query);
  }

  @HandlesRequest(certifyDevice)
  certify(order: CertifyDevice): Promise<CertifiedDevice> {
    return this.enrolment.certify(order);
  }

  @HandlesRequest(describeRegistrationKey)
  async describe({ key, address }: DescribeRegistrationKey): Promise<RegistrationKeyDescription> {
    const row = await this.keys.find(key, address);
    await this.keys.requireActive(row, address);
    return { organisationId: row.organisationId, name: row.name };
  }
}
