import { OneOf, Text, Whole } from '@muster/contracts';

/**
 * Configuration that every service has. A service extends it with its own fields, declared like those of a contract;
 * a field's name is the environment variable's name and its initial value the default. A variable with the service's
 * name in front (`WEB_SERVICE_PORT`) wins over the plain one, and `<NAME>_FILE` names a file that holds the value.
 */
export class BaseConfig {
  @Text({ max: 255, about: 'Address to listen on.' }) SERVICE_HOST = '127.0.0.1';
  @Whole({ min: 0, max: 65_535, about: 'Port to listen on; 0 takes a free one.' }) SERVICE_PORT = 0;
  @Text({ min: 1, max: 2000, about: 'Address of NATS; several with commas.' }) NATS_URL: string;
  @Text({ min: 1, max: 200, about: 'NATS user of this service.' }) NATS_USER: string;
  @Text({ min: 1, max: 500, about: 'NATS password of this service.' }) NATS_PASSWORD: string;
  @Text({ min: 16, max: 500, about: 'Secret that the edge sends with each request.' }) EDGE_SECRET: string;
  @OneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], { about: 'Least severe level that is logged.' })
  LOG_LEVEL: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' = 'info';
  @Text({ min: 1, max: 253, about: 'Host name of the console.' }) ITSM_DOMAIN = 'itsm.muster.localhost';
  @Text({ max: 253, optional: true, about: 'Domain of all other names; what follows the first label of ITSM_DOMAIN.' })
  BASE_DOMAIN: string;
  @Text({ max: 300, optional: true, about: "The console's origin; https://<ITSM_DOMAIN> when absent." })
  CONSOLE_ORIGIN: string;
  @Whole({
    min: 1_024,
    max: 64 * 1024 * 1024,
    about: 'Largest request body in bytes, where a route says nothing else.',
  })
  BODY_LIMIT_BYTES = 256 * 1024;
  @Whole({
    min: 1,
    max: 100_000_000,
    about: 'Most rows that one export of a list gives; a longer one ends as broken, never as if it were complete.',
  })
  EXPORT_ROWS = 1_000_000;
  @Whole({
    min: 1_048_576,
    max: Number.MAX_SAFE_INTEGER,
    about:
      'Bytes of reports that may wait on NATS to be handled; then devices are told to come later. Only for services that take in reports.',
  })
  REPORTS_STREAM_BYTES = 1024 * 1024 * 1024;
  @Whole({
    min: 10,
    max: 1_000_000,
    about:
      'Deliveries of one event of which none came to an end, whether the process died or was stopped meanwhile, after which it becomes a dead letter.',
  })
  BUS_MOST_INTERRUPTIONS = 100;
  @Whole({ min: 1, max: 600, about: 'Seconds that running requests and messages get when the service stops.' })
  SHUTDOWN_SECONDS = 20;

  /** Fills in what follows from other values. Services that override it call this one first. */
  derive(): void {
    this.BASE_DOMAIN ??= this.ITSM_DOMAIN.slice(this.ITSM_DOMAIN.indexOf('.') + 1);
    this.CONSOLE_ORIGIN ??= `https://${this.ITSM_DOMAIN}`;
  }
}
