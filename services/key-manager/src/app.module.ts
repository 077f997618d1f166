import { Module } from '@nestjs/common';
import { Log, PRINCIPAL_SOURCE } from '@muster/service-kit';
import { ServiceDatabaseModule } from '@muster/service-kit/database';
import { Authority } from './authority/authority';
import { createAuthority, hasRoots } from './authority/authority-creation';
import { AuthorityFacts } from './authority/authority-facts';
import { AuthorityWatch } from './authority/authority-watch';
import { Credentials } from './credentials/credentials';
import { CredentialsConsumer } from './credentials/credentials.consumer';
import { DeviceCertificates } from './devices/device-certificates';
import { DeviceRevocation } from './devices/device-revocation';
import { DeviceRevocationConsumer } from './devices/device-revocation.consumer';
import { Enrolment } from './devices/enrolment';
import { EnrolmentWriter } from './devices/enrolment-writer';
import { EnrolmentConsumer } from './devices/enrolment.consumer';
import { RenewalChallenges } from './devices/renewal-challenge';
import { RefusedEnrolments } from './devices/refused-enrolments';
import { Renewal } from './devices/renewal';
import { RenewalController } from './devices/renewal.controller';
import { EMAIL_CONTROLLERS, EMAIL_PROVIDERS } from './email/email.parts';
import { Housekeeping } from './housekeeping';
import { KeyManagerConfig } from './key-manager.config';
import { AddressFailures } from './limits/address-failures';
import { FirstRegistrationKey } from './registration-keys/first-registration-key';
import { RegistrationKeyController } from './registration-keys/registration-key.controller';
import { RegistrationKeys } from './registration-keys/registration-keys';
import { Revocations } from './revocations/revocations';
import { RevocationsConsumer } from './revocations/revocations.consumer';
import { IDENTITY_SCHEMA } from './schema';
import { Sealer } from './secrets/sealer';
import { serviceKey } from './secrets/service-key';
import { SessionController } from './sessions/session.controller';
import { SessionListController } from './sessions/session-list.controller';
import { Sessions } from './sessions/sessions';
import { PasswordChange } from './sessions/password-change';
import { RefusedSignIns } from './sessions/refused-sign-ins';
import { PasswordSignIn } from './sessions/sign-in';
import { SignInAttempts } from './sessions/sign-in-attempts';
import { SignInLimits } from './sessions/sign-in-limits';
import { PackageSigningConsumer } from './signing/package-signing.consumer';
import { SigningConsumer } from './signing/signing.consumer';
import { TokenController } from './tokens/token.controller';
import { FirstOwner } from './users/first-owner';
import { OrganisationOwnerConsumer } from './users/organisation-owner.consumer';
import { UserController } from './users/user.controller';
import { Users } from './users/users';

async function openAuthority(config: KeyManagerConfig, log: Log): Promise<Authority> {
  if (config.CA_CREATE && (await createAuthority(config.CA_DIR, config.BASE_DOMAIN))) {
    log.info({ folder: config.CA_DIR }, 'Made a certificate authority.');
  }
  if (!(await hasRoots(config.CA_DIR))) {
    throw new Error(
      `There is no root in ${config.CA_DIR}/roots: put one there, or set CA_CREATE=true to have it made.`,
    );
  }
  return Authority.open({
    dir: config.CA_DIR,
    xmppDomain: config.XMPP_DOMAIN,
    certificateDays: config.CERTIFICATE_DAYS,
    renewAfterDays: config.RENEW_AFTER_DAYS,
  });
}

/** Where the key cannot be kept, everything but mail goes on. */
async function openSealer({ CA_DIR, SECRETS_KEY }: KeyManagerConfig, log: Log): Promise<Sealer> {
  try {
    return new Sealer(await serviceKey(CA_DIR, SECRETS_KEY));
  } catch (error) {
    log.warn({ err: error }, 'No key to keep secrets with: set SECRETS_KEY, or make CA_DIR writable.');
    return new Sealer();
  }
}

/** Who people and devices are, and what proves it. */
@Module({
  imports: [ServiceDatabaseModule.forService(IDENTITY_SCHEMA)],
  controllers: [
    SessionController,
    SessionListController,
    UserController,
    TokenController,
    RegistrationKeyController,
    RenewalController,
    ...EMAIL_CONTROLLERS,
  ],
  providers: [
    { provide: Authority, inject: [KeyManagerConfig, Log], useFactory: openAuthority },
    {
      provide: RenewalChallenges,
      inject: [KeyManagerConfig],
      useFactory: (config: KeyManagerConfig) => new RenewalChallenges(config.EDGE_SECRET),
    },
    {
      provide: Sealer,
      inject: [KeyManagerConfig, Log, Authority],
      // After the authority, which makes the folder that the key is kept in.
      useFactory: openSealer,
    },
    { provide: PRINCIPAL_SOURCE, useExisting: Credentials },
    ...[AuthorityFacts, AuthorityWatch, FirstOwner, FirstRegistrationKey, Housekeeping],
    ...[Credentials, Sessions, PasswordSignIn, PasswordChange, RefusedSignIns, SignInAttempts, SignInLimits],
    ...[AddressFailures, Users],
    ...[RegistrationKeys, Enrolment, EnrolmentWriter, RefusedEnrolments],
    ...[DeviceCertificates, DeviceRevocation, Renewal, Revocations],
    ...[CredentialsConsumer, EnrolmentConsumer, DeviceRevocationConsumer, RevocationsConsumer, SigningConsumer],
    PackageSigningConsumer,
    OrganisationOwnerConsumer,
    ...EMAIL_PROVIDERS,
  ],
})
export class AppModule {}
