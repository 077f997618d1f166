import type { SchemaOptions } from '@muster/database';
import { ToldCertificateEntity } from './authority/told-certificate.entity';
import { CertificateEntity } from './devices/certificate.entity';
import { DeviceEntity } from './devices/device.entity';
import { AddressFailureEntity } from './limits/address-failure.entity';
import { CreateIdentity1763600000000 } from './migrations/1763600000000-create-identity';
import { LockOutsTold1763694000000 } from './migrations/1763694000000-lock-outs-told';
import { ToldCertificates1763708400000 } from './migrations/1763708400000-told-certificates';
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
  ],
  migrations: [CreateIdentity1763600000000, LockOutsTold1763694000000, ToldCertificates1763708400000],
};
