import { join } from 'node:path';
import { reportInventory, reportToAudit, reportToRmm } from '@muster/contracts';
import { FunctionServer, type FunctionServerParts } from '../net/function-server';
import type { ServerClock } from '../state/clock';
import { readFileIfThere, replaceFile } from '../state/files';
import { reason } from '../state/log';
import type { StateFolder } from '../state/state-folder';
import { AGENT_VERSION } from '../version';
import { AuditTrail } from './audit-trail';
import { InventorySchedule } from './inventory-schedule';
import type { LogReporter } from './log-reporter';
import { ReportSender, type ReportSenderParts } from './report-sender';
import { ReportSpool, type SpoolBounds } from './report-spool';
import { ReportTime } from './report-time';
import { currentSource, Sampler } from './samples/sampler';

export interface ReportingParts {
  connection: FunctionServerParts;
  state: StateFolder;
  clock: ServerClock;
  log: LogReporter;
}
type Name = 'rmm' | 'plugins' | 'audit';
/** Of each function: what waits, and when something was sent last. */
export type ReportingStatus = Record<Name, { waiting: number; bytes: number; lastSent?: string }>;

const DAY_MS = 86_400_000;
const MEGABYTES = 1_000_000;
const BOUNDS: Record<Name, SpoolBounds> = {
  rmm: { bytes: 50 * MEGABYTES, ageMs: 8 * DAY_MS },
  plugins: { bytes: 50 * MEGABYTES },
  audit: { bytes: 50 * MEGABYTES, ageMs: 365 * DAY_MS },
};
const SPREAD_SECONDS = 60;
/** Until the server says otherwise. Further apart than most middleboxes keep an idle connection. */
const SEND_SECONDS = 60;
/** Deeds and inventories do not wait for the next regular batch. */
const SOON_MS = 10_000;
const LAST_WORDS_MS = 3000;

/** What the agent tells about its device without being asked: samples, its log, its inventory, its deeds. */
export class Reporting {
  readonly audit: AuditTrail;
  /** Takes operations' output too. */
  readonly rmm: FunctionServer;
  private readonly servers: Record<Name, FunctionServer>;
  private readonly spools: Record<Name, ReportSpool>;
  private readonly senders: Record<Name, ReportSender>;
  private readonly sampler: Sampler;
  private readonly inventory: InventorySchedule;

  /** @param certificateRefused a server does not accept this device's certificate */
  constructor(
    private readonly parts: ReportingParts,
    certificateRefused: () => void,
    spreadSeconds = SPREAD_SECONDS,
  ) {
    const { connection, state, clock, log } = parts;
    const time = new ReportTime(clock);
    // To the local log: what the spools and senders say must not become a report.
    const spool = (name: Name, durable = false): ReportSpool =>
      new ReportSpool(join(state.reports, name), BOUNDS[name], { log: log.local, time, durable });
    this.spools = { rmm: spool('rmm'), plugins: spool('plugins'), audit: spool('audit', true) };
    this.servers = {
      rmm: new FunctionServer(connection, 'rmm', '/reports/rmm'),
      plugins: new FunctionServer(connection, 'plugins', '/reports/inventory'),
      audit: new FunctionServer(connection, 'audit', '/reports/audit'),
    };
    this.rmm = this.servers.rmm;
    const sender = (name: Name, route: ReportSenderParts['route'], obey?: (sampleSeconds: number) => void) =>
      new ReportSender(
        { spool: this.spools[name], server: this.servers[name], route, time, log: log.local },
        { certificateRefused, taken: ({ sampleSeconds }) => sampleSeconds && obey?.(sampleSeconds) },
        { sendSeconds: SEND_SECONDS, spreadSeconds },
      );
    this.senders = {
      rmm: sender('rmm', reportToRmm, (seconds) => this.sampler.setSeconds(seconds)),
      plugins: sender('plugins', reportInventory),
      audit: sender('audit', reportToAudit),
    };
    this.audit = new AuditTrail(this.spools.audit, () => this.senders.audit.soon(SOON_MS));
    this.sampler = new Sampler(currentSource(), this.spools.rmm, log);
    this.inventory = new InventorySchedule(
      { spool: this.spools.plugins, server: this.servers.plugins, stateFile: state.inventory, log },
      () => this.senders.plugins.soon(SOON_MS),
      spreadSeconds,
    );
    log.attach(this.spools.rmm);
  }

  start(): void {
    this.audit.record('agent.started', { version: AGENT_VERSION });
    this.noteVersion();
    for (const sender of Object.values(this.senders)) sender.start();
    this.sampler.start();
    this.inventory.start();
  }

  /** To be called every half a minute. */
  tick(): void {
    this.parts.log.summarise();
    this.inventory.tick();
  }

  /** The suite answered: what failed for want of a connection is tried again. */
  reachable(): void {
    for (const sender of Object.values(this.senders)) sender.reachable();
  }

  get status(): ReportingStatus {
    const of = (name: Name): ReportingStatus[Name] => {
      const { waiting, bytes } = this.spools[name];
      return { waiting, bytes, lastSent: this.senders[name].lastSent };
    };
    return { rmm: of('rmm'), plugins: of('plugins'), audit: of('audit') };
  }

  /** Sends what can be sent within a few seconds; the rest is on the disk. */
  async stop(): Promise<void> {
    this.sampler.stop();
    this.inventory.stop();
    this.audit.record('agent.stopped', { version: AGENT_VERSION });
    await Promise.all(Object.values(this.senders).map((sender) => sender.stop(LAST_WORDS_MS)));
    for (const server of Object.values(this.servers)) server.close();
    for (const spool of Object.values(this.spools)) spool.close();
  }

  private noteVersion(): void {
    const { state, log } = this.parts;
    try {
      const before = readFileIfThere(state.version)?.trim();
      if (before === AGENT_VERSION) return;
      if (before) this.audit.record('agent.updated', { from: before, to: AGENT_VERSION });
      replaceFile(state.version, AGENT_VERSION);
    } catch (error) {
      log.warn('version not written down', { why: reason(error) });
    }
  }
}
