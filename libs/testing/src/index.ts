export { startNats, type NatsCredentials, TestNats } from './nats/start-nats';
export { type SchemaUrls, startPostgres, type TestDatabase, TestPostgres } from './postgres/start-postgres';
export { Child } from './process/child';
export { eventually } from './process/eventually';
export { freePort } from './process/free-port';
