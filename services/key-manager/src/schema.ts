import type { SchemaOptions } from '@muster/database';
import { ToldCertificateEntity } from './authority/told-certificate.entity';
import { CertificateEntity } from './devices/certificate.entity';
import { DeviceEntity } from './devices/device.entity';
import { AddressFailureEntity } from './limits/address-failure.entity';
import { InvitationEntity } from './email/invitations/invitation.entity';
import { PasswordResetEntity, PasswordResetRequestEntity } from './email/password-reset/password-reset.entity';
import { EmailMessageEntity } from './email/queue/email-message.entity';
import { EmailSendingEntity, EmailSettingsEntity } from './email/settings/email-settings.entity';
import { CreateIdentity1763600000000 } from './migrations/1763600000000-create-identity';
import { LockOutsTold1763694000000 } from './migrations/1763694000000-lock-outs-told';
import { ToldCertificates1763708400000 } from './migrations/1763708400000-told-certificates';
import { Email1763722800000 } from './migrations/1763722800000-email';
import { RegistrationKeyEntity } from './registration-keys/registration-key.entity';
import { RevocationCounterEntity, RevocationEntity } from './revocations/revocation.entity';
import { SessionEntity } from './sessions/session.entity';
import { SignInAttemptEntity } from './sessions/sign-in-attempt.entity';
import { ApiTokenEntity } from './tokens/api-token.entity';
import { UserEntity } from './users/user.entity';

/** The schema that this service owns. */
export const IDENTITY_SCHEMA: SchemaOptions = {
  schema: 'identity',
  entities: [
    UserEntity,
    SessionEntity,
    SignInAttemptEntity,
    ApiTokenEntity,
    RegistrationKeyEntity,
    DeviceEntity,
    CertificateEntity,
    RevocationEntity,
    RevocationCounterEntity,
    AddressFailureEntity,
    ToldCertificateEntity,
    EmailSettingsEntity,
    EmailSendingEntity,
    EmailMessageEntity,
    InvitationEntity,
    PasswordResetEntity,
    PasswordResetRequestEntity,
  ],
  migrations: [
    CreateIdentity1763600000000,
    LockOutsTold1763694000000,
    ToldCertificates1763708400000,
    Email1763722800000,
  ],
};
