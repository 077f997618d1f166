import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import { type VerifiedCredential, type VerifyCredential, verifyCredential } from '@muster/contracts';
import { Credentials } from './credentials';

/** Answers the guards of the other services. */
@Injectable()
export class CredentialsConsumer {
  constructor(private readonly credentials: Credentials) {}

  @HandlesRequest(verifyCredential)
  verify(presented: VerifyCredential): Promise<VerifiedCredential> {
    return this.credentials.verify(presented);
  }
}
