import type { AgentConfig } from '@muster/contracts';
import { enrolDevice } from './identity/enrolment';
import { RegistrationKeyFile } from './identity/registration-key-file';
import { Identity } from './identity/identity';
import { BackOff } from './net/back-off';
import type { Dialler } from './net/dialler';
import { deviceDialler } from './net/map-of-anybody';
import type { Platform } from './platform/platform';
import { LogReporter } from './reports/log-reporter';
import { Service } from './service';
import { ServerClock } from './state/clock';
import { type Log, reason } from './state/log';
import type { StateFolder } from './state/state-folder';
import { TrustStore } from './trust/trust-store';
import type { Launched } from './update/updater';
import { AGENT_VERSION } from './version';

/** Enrols the device, then serves. */
export class Agent {
  readonly identity: Identity;
  private readonly trust: TrustStore;
  private readonly clock: ServerClock;
  private readonly dialler: Dialler;
  private readonly log: LogReporter;
  private readonly keyFile: RegistrationKeyFile;
  private readonly enrolmentWait = new BackOff(5000, 900_000);
  /** Fulfilled when another version is to be started instead of this process. */
  readonly replaced: Promise<void>;
  private readonly replace: () => void;
  private service?: Service;
  private timer?: NodeJS.Timeout;
  private stopped = false;

  constructor(
    private readonly config: AgentConfig,
    private readonly state: StateFolder,
    private readonly platform: Platform,
    log: Log,
    private readonly launched?: Launched,
  ) {
    let replace = (): void => undefined;
    this.replaced = new Promise((resolve) => (replace = resolve));
    this.replace = replace;
    this.identity = new Identity(state);
    this.trust = new TrustStore(state.trust, config);
    this.clock = new ServerClock(state.clock, config.issuedAt ? Date.parse(config.issuedAt) : 0);
    this.dialler = deviceDialler(this.trust, this.clock, config.enrolment);
    this.keyFile = new RegistrationKeyFile(state.registrationKey);
    this.log = new LogReporter(log, {
      level: config.reportLogLevel ?? 'info',
      secrets: [config.registrationKey, this.keyFile.read()].filter((secret) => secret !== undefined),
    });
  }

  /** @throws as `enrolDevice` does, and without a key; no conversation when the device is enrolled already */
  async enrol(): Promise<void> {
    if (!this.identity.enrolled || !this.trust.map) {
      const { config, dialler, trust, identity, platform, clock } = this;
      const registrationKey = config.registrationKey ?? this.keyFile.read();
      if (registrationKey === undefined) throw new Error('there is no registration key: install the agent anew');
      const addresses = config.enrolment;
      await enrolDevice({ addresses, registrationKey, dialler, trust, identity, platform, clock });
    }
    this.keyFile.remove();
  }

  /** Enrols where needed, as often as it takes, then serves until `stop`. */
  start(): void {
    this.enrol().then(
      () => {
        this.log.info('serving', { deviceId: this.identity.enrolled?.deviceId, version: AGENT_VERSION });
        if (!this.stopped) this.serve();
      },
      (error) => {
        const waitMs = Math.round(this.enrolmentWait.next());
        this.log.error('not enrolled', { why: reason(error), retryInMs: waitMs });
        if (!this.stopped) this.timer = setTimeout(() => this.start(), waitMs);
      },
    );
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.service?.stop();
  }

  private serve(): void {
    const { state, platform, log, trust, clock, dialler, identity, launched } = this;
    const parts = { state, platform, log, trust, clock, dialler, identity, ...(launched ? { launched } : {}) };
    this.service = new Service(parts, this.config, this.replace);
    this.service.start();
  }
}
