import type { VerifiedCredential, VerifyCredential } from '@muster/contracts';

/** Token of the service's own `PrincipalSource`; without one the key manager is asked over the bus. */
export const PRINCIPAL_SOURCE = Symbol('PRINCIPAL_SOURCE');

/** Resolves what a person or a tool presents (session or API token) to who they are. */
export interface PrincipalSource {
  /** @throws AppError `not-signed-in` when the credential is unknown, expired or ended */
  verify(presented: VerifyCredential): Promise<VerifiedCredential>;
}
