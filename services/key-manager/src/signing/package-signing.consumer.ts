import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import { AppError, type Signed, type SignPackage, signPackage } from '@muster/contracts';
import { Log } from '@muster/service-kit';
import { Authority } from '../authority/authority';
import { RegistrationKeys } from '../registration-keys/registration-keys';

/**
 * Vouches for packages that the installer service made for a registration key that holds. What is in them it cannot see:
 * the signature says where a package comes from, and is of a form that no device takes for a release.
 */
@Injectable()
export class PackageSigningConsumer {
  private readonly log: Log;

  constructor(
    private readonly authority: Authority,
    private readonly keys: RegistrationKeys,
    log: Log,
  ) {
    this.log = log.child({ part: 'signing' });
  }

  /** A spent key holds, as for the package itself. @throws AppError as `describeRegistrationKey` does; `unavailable` without a release key */
  @HandlesRequest(signPackage)
  async sign({ key, address, digest }: SignPackage): Promise<Signed> {
    const row = await this.keys.find(key, address);
    await this.keys.requireActive(row, address).catch((error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'key-spent') throw error;
    });
    const { signatures, delegation } = this.authority.sign('release', [digest]);
    this.log.info({ organisationId: row.organisationId, registrationKey: row.name, digest }, 'Signed a package.');
    return { payload: digest, signature: signatures[0] ?? '', delegation };
  }
}
