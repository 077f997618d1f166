import type { Permission } from './permissions';

/**
 * Who is asking, as the guard found it from the connection. Handlers see this and never a certificate or a cookie;
 * no part of it ever comes from a request body.
 */
export interface Principal {
  kind: 'person' | 'token' | 'device';
  /** User id, token owner's user id, or device id. */
  id: string;
  organisationId: string;
  /** How sure we are: a password alone, an API token, or a client certificate whose key the device proved. */
  assurance: 'password' | 'token' | 'certificate';
  permissions: readonly Permission[];
  /** Display name for people (their e-mail address), the token's name, or the device id. */
  name: string;
  /** Session id or token id: what revocation names. For devices the certificate's SHA-256, lower-case hex. */
  credentialId: string;
  /**
   * The bearer secret itself (session cookie or API token), kept so that the key manager can check for itself before
   * it signs. Never logged, never stored. Absent for devices.
   */
  credential?: string;
}
