import type { AgentConfig } from '@muster/contracts';
import { enrolDevice } from './identity/enrolment';
import { Identity } from './identity/identity';
import { Renewal } from './identity/renewal';
import { BackOff } from './net/back-off';
import { Dialler } from './net/dialler';
import { Executor } from './operations/executor';
import { Journal } from './operations/journal';
import { OutputSender } from './operations/output-sender';
import { OutputSpool } from './operations/output-spool';
import { FactsMemory } from './platform/device-facts';
import type { Platform } from './platform/platform';
import { ServerClock } from './state/clock';
import { removeFile, replaceFile } from './state/files';
import { type Log, reason } from './state/log';
import type { StateFolder } from './state/state-folder';
import { SyncLoop } from './sync/sync-loop';
import { WorkServer } from './sync/work-server';
import { TrustStore } from './trust/trust-store';
import { AGENT_VERSION } from './version';
import { PushConnection } from './xmpp/push-connection';

const TICK_MS = 30_000;
/** A tick that comes this late means that the machine slept. */
const SLEPT_MS = 90_000;
const TICKS_PER_CHECK = 20;
const OUTPUT_PER_OPERATION = 5_000_000;
const OUTPUT_IN_ALL = 50_000_000;
const GRACE_MS = 5000;

/** What `status` shows. */
export interface AgentStatus {
  version: string;
  pid: number;
  deviceId?: string;
  certificateEnds?: string;
  connected: boolean;
  lastSync?: string;
}

/** The parts of the agent and what wakes them. */
export class Agent {
  readonly identity: Identity;
  private readonly trust: TrustStore;
  private readonly clock: ServerClock;
  private readonly dialler: Dialler;
  private readonly enrolmentWait = new BackOff(5000, 900_000);
  private service?: Service;
  private timer?: NodeJS.Timeout;
  private stopped = false;

  constructor(
    private readonly config: AgentConfig,
    private readonly state: StateFolder,
    private readonly platform: Platform,
    private readonly log: Log,
  ) {
    this.identity = new Identity(state);
    this.trust = new TrustStore(state.trust, config.anchors);
    this.clock = new ServerClock(state.clock, config.issuedAt ? Date.parse(config.issuedAt) : 0);
    this.dialler = new Dialler(this.trust, this.clock);
  }

  /** @throws as `enrolDevice` does; nothing happens when the device is enrolled already */
  async enrol(): Promise<void> {
    if (this.identity.enrolled && this.trust.map) return;
    const { config, dialler, trust, identity, platform, clock } = this;
    await enrolDevice({ config, dialler, trust, identity, platform, clock });
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
    const { state, platform, log, trust, clock, dialler, identity } = this;
    const { rollOverSpreadSeconds } = this.config;
    this.service = new Service({ state, platform, log, trust, clock, dialler, identity, rollOverSpreadSeconds });
    this.service.start();
  }
}

interface ServiceParts {
  state: StateFolder;
  platform: Platform;
  log: Log;
  trust: TrustStore;
  clock: ServerClock;
  dialler: Dialler;
  identity: Identity;
  rollOverSpreadSeconds?: number;
}

/** An enrolled device at work. */
class Service {
  private readonly journal: Journal;
  private readonly server: WorkServer;
  private readonly sender: OutputSender;
  private readonly executor: Executor;
  private readonly loop: SyncLoop;
  private readonly push: PushConnection;
  private readonly renewal: Renewal;
  private ticking?: NodeJS.Timeout;
  /** Until this device's turn to renew in a roll-over. */
  private turn?: NodeJS.Timeout;
  private ticks = 0;
  private tickedAt = Date.now();
  private lastSync?: string;

  constructor(private readonly parts: ServiceParts) {
    const { state, platform, log, trust, clock, dialler, identity } = parts;
    this.journal = new Journal(state.journal);
    this.server = new WorkServer(dialler, trust, identity);
    const spool = new OutputSpool(state.outputs, OUTPUT_IN_ALL);
    this.sender = new OutputSender(spool, this.server, log);
    this.renewal = new Renewal({ dialler, trust, identity, clock, log }, parts.rollOverSpreadSeconds);
    this.executor = new Executor(
      { journal: this.journal, platform, spool, sender: this.sender, clock, log },
      { runs: state.runs, outputPerOperation: OUTPUT_PER_OPERATION, graceMs: GRACE_MS },
      () => this.loop.request(),
    );
    const { journal, server, executor } = this;
    const facts = new FactsMemory(state.facts);
    this.loop = new SyncLoop(
      { server, trust, identity, clock, platform, facts, journal, executor, log },
      {
        mapTaken: () => {
          this.push.reconnect('there is a new endpoint map');
          this.checkCertificate();
        },
        certificateRefused: () => this.renewNow('the server refused it'),
        synced: () => this.synced(),
      },
    );
    this.push = new PushConnection({ dialler, trust, identity, log }, () => this.loop.request());
  }

  start(): void {
    this.executor.recover();
    this.push.connect();
    this.loop.request();
    this.checkCertificate();
    this.ticking = setInterval(() => this.tick(), TICK_MS);
    this.writeStatus();
  }

  async stop(): Promise<void> {
    clearInterval(this.ticking);
    clearTimeout(this.turn);
    this.push.stop();
    await this.executor.stop();
    await Promise.all([this.loop.stop(), this.sender.stop()]);
    this.server.close();
    this.journal.close();
    removeFile(this.parts.state.status);
  }

  /** Notices sleep; looks at the certificate and at changed facts every ten minutes. */
  private tick(): void {
    const now = Date.now();
    const slept = now - this.tickedAt > TICK_MS + SLEPT_MS;
    this.tickedAt = now;
    this.ticks++;
    if (slept) {
      this.push.reconnect('the device slept');
      this.loop.request();
    }
    if (slept || this.ticks % TICKS_PER_CHECK === 0) this.checkCertificate();
    this.writeStatus();
  }

  private checkCertificate(): void {
    void this.renewal.check().then((renewed) => renewed && this.renewed());
    clearTimeout(this.turn);
    const { turnInMs } = this.renewal;
    if (turnInMs !== undefined) this.turn = setTimeout(() => this.checkCertificate(), turnInMs);
  }

  private renewNow(why: string): void {
    void this.renewal.renew(why).then((renewed) => renewed && this.renewed());
  }

  private renewed(): void {
    this.push.reconnect('there is a new certificate');
    this.loop.request();
  }

  private synced(): void {
    this.lastSync = new Date().toISOString();
    // The server is in reach again: no need to wait out what is left of other back-offs.
    void this.sender.kick();
    this.writeStatus();
  }

  private writeStatus(): void {
    const { enrolled } = this.parts.identity;
    const status: AgentStatus = {
      version: AGENT_VERSION,
      pid: process.pid,
      deviceId: enrolled?.deviceId,
      certificateEnds: enrolled?.notAfter,
      connected: this.push.connected,
      lastSync: this.lastSync,
    };
    try {
      replaceFile(this.parts.state.status, JSON.stringify(status));
    } catch (error) {
      this.parts.log.warn('status not written', { why: reason(error) });
    }
  }
}
