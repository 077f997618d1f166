import type { AgentConfig } from '@muster/contracts';
import type { Identity } from './identity/identity';
import { Renewal } from './identity/renewal';
import type { Dialler } from './net/dialler';
import { FunctionServer } from './net/function-server';
import { Executor } from './operations/executor';
import { Journal } from './operations/journal';
import { OutputSender } from './operations/output-sender';
import { OutputSpool } from './operations/output-spool';
import { FactsMemory } from './platform/device-facts';
import type { Platform } from './platform/platform';
import type { LogReporter } from './reports/log-reporter';
import { Reporting, type ReportingStatus } from './reports/reporting';
import type { ServerClock } from './state/clock';
import { removeFile, replaceFile } from './state/files';
import { reason } from './state/log';
import type { StateFolder } from './state/state-folder';
import { SyncLoop } from './sync/sync-loop';
import type { TrustStore } from './trust/trust-store';
import { type Launched, Updater } from './update/updater';
import { mayUpdate } from './update/versions';
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
  reports: ReportingStatus;
}

export interface ServiceParts {
  state: StateFolder;
  platform: Platform;
  log: LogReporter;
  trust: TrustStore;
  clock: ServerClock;
  dialler: Dialler;
  identity: Identity;
  launched?: Launched;
}

/** An enrolled device at work. */
export class Service {
  private readonly journal: Journal;
  private readonly server: FunctionServer;
  private readonly reporting: Reporting;
  private readonly sender: OutputSender;
  private readonly executor: Executor;
  private readonly loop: SyncLoop;
  private readonly push: PushConnection;
  private readonly renewal: Renewal;
  private readonly updater?: Updater;
  private ticking?: NodeJS.Timeout;
  /** Until this device's turn to renew in a roll-over. */
  private turn?: NodeJS.Timeout;
  private ticks = 0;
  private tickedAt = Date.now();
  private lastSync?: string;

  constructor(
    private readonly parts: ServiceParts,
    config: Pick<AgentConfig, 'rollOverSpreadSeconds' | 'reportSpreadSeconds'>,
    /** Another version is to be started instead of this process. */
    restart: () => void = () => undefined,
  ) {
    const { state, platform, log, trust, clock, dialler, identity } = parts;
    this.journal = new Journal(state.journal);
    this.server = new FunctionServer({ dialler, trust, identity }, 'sync', '/sync');
    this.reporting = new Reporting(
      { connection: { dialler, trust, identity }, state, clock, log },
      () => this.renewNow('the server refused it'),
      config.reportSpreadSeconds,
    );
    const { audit } = this.reporting;
    const spool = new OutputSpool(state.outputs, OUTPUT_IN_ALL);
    this.sender = new OutputSender(spool, this.reporting.rmm, log);
    this.renewal = new Renewal({ dialler, trust, identity, clock, log }, config.rollOverSpreadSeconds);
    this.executor = new Executor(
      { journal: this.journal, platform, spool, sender: this.sender, audit, clock, log },
      { runs: state.runs, outputPerOperation: OUTPUT_PER_OPERATION, graceMs: GRACE_MS },
      () => this.loop.request(),
    );
    const { journal, server, executor } = this;
    const facts = new FactsMemory(state.facts);
    this.loop = new SyncLoop(
      { server, trust, identity, clock, platform, facts, journal, executor, audit, log },
      {
        mapTaken: () => {
          audit.record('endpoint-map.taken', { version: trust.map?.version });
          this.push.reconnect('there is a new endpoint map');
          this.checkCertificate();
        },
        certificateRefused: () => this.renewNow('the server refused it'),
        synced: () => this.synced(),
      },
    );
    this.push = new PushConnection({ dialler, trust, identity, log }, (cause) =>
      cause === 'release' ? this.updater?.hinted() : this.loop.request(),
    );
    this.updater = this.makeUpdater(config.reportSpreadSeconds, restart);
  }

  start(): void {
    this.reporting.start();
    this.updater?.start();
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
    await this.updater?.stop();
    await this.executor.stop();
    await Promise.all([this.loop.stop(), this.sender.stop()]);
    // Last, so that the ends of operations and of the agent itself are among what is sent.
    await this.reporting.stop();
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
    this.reporting.tick();
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
    this.reporting.audit.record('certificate.renewed', { notAfter: this.parts.identity.enrolled?.notAfter });
    this.push.reconnect('there is a new certificate');
    this.loop.request();
  }

  private synced(): void {
    this.lastSync = new Date().toISOString();
    // The server is in reach again: no need to wait out what is left of other back-offs.
    void this.sender.kick();
    this.reporting.reachable();
    this.updater?.reachable();
    this.writeStatus();
  }

  /** None where the launcher did not start this, or the installation belongs to somebody else. */
  private makeUpdater(spreadSeconds = 60, restart: () => void): Updater | undefined {
    const { launched, state, log, clock, dialler, trust, identity } = this.parts;
    if (!launched) return undefined;
    if (!mayUpdate(launched.install)) {
      log.warn('no updates', { why: `${launched.install} may not be written` });
      return undefined;
    }
    const connection = { dialler, trust, identity };
    const { audit } = this.reporting;
    return new Updater(
      { launched, connection, folder: state.packages, clock, audit, log },
      { connected: () => this.push.connected, idle: () => this.executor.holding.length === 0, restart },
      spreadSeconds,
    );
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
      reports: this.reporting.status,
    };
    try {
      replaceFile(this.parts.state.status, JSON.stringify(status));
    } catch (error) {
      this.parts.log.warn('status not written', { why: reason(error) });
    }
  }
}
