import { List, text, Text, Whole } from '@muster/contracts';
import { AccountsConfig } from '../accounts/accounts.config';
import type { CredentialPaths } from '../core/tls/credentials';
import type { PushOptions } from './push-options';

const count = (max: number, about: string): PropertyDecorator => Whole({ min: 1, max, about });
const MOST_PER_SECOND = 1_000_000;

/** Configuration of the push service, a part of the push broker's. */
export class PushConfig extends AccountsConfig {
  @Text({ max: 255, about: 'Address that the push service listens on.' }) PUSH_HOST = '0.0.0.0';
  @Whole({ min: 0, max: 65_535, about: 'Port of the push service (HTTPS); 0 turns it off.' }) PUSH_PORT = 8080;
  @Text({
    min: 1,
    max: 1000,
    optional: true,
    about: 'JSON file with the keys of the push service and what each may do; without it the service is off.',
  })
  PUSH_KEYS_FILE?: string;
  @Text({ min: 1, max: 1000, optional: true, about: 'JSON file with named groups of accounts.' })
  PUSH_GROUPS_FILE?: string;
  @List(text({ min: 1, max: 1000 }), {
    min: 1,
    max: 16,
    optional: true,
    about:
      'PEM bundles or folders that client certificates of the push service are checked against; XMPP_DEVICE_ANCHORS_FILE when absent.',
  })
  PUSH_CLIENT_ANCHORS_FILE?: string[];
  @count(100_000, 'Open connections to the push service.') PUSH_MAX_CONNECTIONS = 1000;
  @count(600, 'Seconds that a request to the push service may take to arrive.') PUSH_REQUEST_SECONDS = 20;
  @Whole({ min: 1024, max: 64 * 1024 * 1024, about: 'Bytes of the body of a push request.' })
  PUSH_BODY_BYTES = 1_048_576;
  @count(100_000, 'Targets of one push request, those of its groups and messages together.') PUSH_TARGETS = 10_000;
  @count(10_000, 'Messages of one batch.') PUSH_MESSAGES = 1000;
  @count(MOST_PER_SECOND, 'Push requests a second for each key.') PUSH_REQUESTS_PER_SECOND = 5000;
  @count(MOST_PER_SECOND, 'Targets a second for each key.') PUSH_TARGETS_PER_SECOND = 20_000;
  @count(1_000_000, 'Wrong keys a minute from one address, after which it has to wait; right ones never have to.')
  PUSH_FAILURES_PER_MINUTE = 30;
  @count(720, 'Hours that the answer to a request with an Idempotency-Key is kept.') PUSH_IDEMPOTENCY_HOURS = 24;
  @Whole({
    min: 10_000,
    max: 4 * 1024 * 1024 * 1024,
    about: 'Bytes of such answers that are kept in memory for each key; the oldest go first.',
  })
  PUSH_IDEMPOTENCY_BYTES = 33_554_432;

  /** @returns undefined when there is to be no push service */
  pushing(usual: CredentialPaths, stanzaBytes: number): PushOptions | undefined {
    if (this.PUSH_PORT === 0 || this.PUSH_KEYS_FILE === undefined) return undefined;
    return {
      host: this.PUSH_HOST,
      port: this.PUSH_PORT,
      credentials: { ...usual, anchors: this.PUSH_CLIENT_ANCHORS_FILE ?? usual.anchors },
      keysFile: this.PUSH_KEYS_FILE,
      groupsFile: this.PUSH_GROUPS_FILE,
      client: {
        requestsPerSecond: this.PUSH_REQUESTS_PER_SECOND,
        targetsPerSecond: this.PUSH_TARGETS_PER_SECOND,
        bodyBytes: this.PUSH_BODY_BYTES,
        targets: this.PUSH_TARGETS,
      },
      messages: this.PUSH_MESSAGES,
      stanzaBytes,
      connections: this.PUSH_MAX_CONNECTIONS,
      requestSeconds: this.PUSH_REQUEST_SECONDS,
      failuresPerMinute: this.PUSH_FAILURES_PER_MINUTE,
      idempotency: { seconds: this.PUSH_IDEMPOTENCY_HOURS * 3600, bytes: this.PUSH_IDEMPOTENCY_BYTES },
    };
  }
}
