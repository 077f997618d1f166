export { type CertifiedFiles, TestAuthority } from './authority/test-authority';
export { DeviceKey } from './device/device-key';
export { type ClientCertificate, type Dial, httpsCall } from './device/https-call';
export { PushConnection } from './device/push-connection';
export {
  type Received,
  type ReportFunction,
  SimulatedDevice,
  type SimulatedDeviceOptions,
} from './device/simulated-device';
export type { Element } from './device/stanza-reader';
export { faultOfSigned } from './device/verify-signed';
export { type NatsCredentials, startNats, TestNats } from './nats/start-nats';
export { type SchemaUrls, startPostgres, type TestDatabase, TestPostgres } from './postgres/start-postgres';
export { Child } from './process/child';
export { eventually } from './process/eventually';
export { freePort } from './process/free-port';
export { OutboxRecord, type RecordedEvent } from './postgres/outbox-record';
export { DirectoryDouble } from './service/directory-double';
export { idOf } from './service/id-of';
export { PeopleDouble, type Somebody } from './service/people-double';
export { startSmtp, type TakenEmail, TestSmtp, type TestSmtpOptions } from './smtp/start-smtp';
export { type ServiceDouble, startDouble } from './service/service-double';
