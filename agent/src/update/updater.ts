import {
  askRelease,
  type ReleasePlatform,
  reportUpdate,
  RELEASE_PLATFORMS,
  type WantedRelease,
} from '@muster/contracts';
import { InstallFolder, type Trial } from '../launcher/install-folder';
import { BackOff } from '../net/back-off';
import { FunctionServer, type FunctionServerParts } from '../net/function-server';
import { HttpFailure } from '../net/http-client';
import type { AuditTrail } from '../reports/audit-trail';
import type { ServerClock } from '../state/clock';
import { type Log, reason } from '../state/log';
import { fetchPackage, PackageFault } from './package-download';
import { removeStrayVersions, stageVersion } from './versions';
import { verifyRelease } from './verify-release';

/** What the launcher says of itself. Absent where the agent was started without it: then it does not update itself. */
export interface Launched {
  install: string;
  version: string;
}
export interface UpdaterParts {
  launched: Launched;
  connection: FunctionServerParts;
  /** Where packages are while they come. */
  folder: string;
  clock: ServerClock;
  audit: AuditTrail;
  log: Log;
}
export interface UpdaterSurroundings {
  /** Connected to the push broker now. */
  connected(): boolean;
  /** No operation runs or waits. */
  idle(): boolean;
  /** The next version is ready: end, so that the launcher starts it. */
  restart(): void;
}

const GREEN_LOOK_MS = 500;
const IDLE_LOOK_MS = 1000;
const SHORTEST_WAIT_MS = 5000;
const LONGEST_WAIT_MS = 900_000;

/**
 * Brings the agent to the release that the server wants: fetches, verifies, unpacks it beside the running version and
 * leaves the switch to the launcher. After the switch, confirms the version once it is as green as the one before was;
 * until then the launcher goes back by itself.
 */
export class Updater {
  private readonly install: InstallFolder;
  private readonly server: FunctionServer;
  private readonly backOff = new BackOff(SHORTEST_WAIT_MS, LONGEST_WAIT_MS);
  private timer?: NodeJS.Timeout;
  private greenLook?: NodeJS.Timeout;
  private working?: Promise<void>;
  private synced = false;
  /** Of questions: one is under way; the last one came to nothing; the next one is wanted at once. */
  private asking = false;
  private failing = false;
  private again = false;
  private readonly ending = new AbortController();

  constructor(
    private readonly parts: UpdaterParts,
    private readonly around: UpdaterSurroundings,
    /** The first question is asked within so many seconds of the first sync. */
    private readonly spreadSeconds: number,
  ) {
    this.install = new InstallFolder(parts.launched.install);
    this.server = new FunctionServer(parts.connection, 'downloads');
  }

  start(): void {
    if (this.onTrial) this.greenLook = setInterval(() => this.confirmIfGreen(), GREEN_LOOK_MS);
    else removeStrayVersions(this.install);
  }

  /** A sync ended well. */
  reachable(): void {
    const first = !this.synced;
    this.synced = true;
    if (!first || this.onTrial) return;
    // A failure is told at once, so that a roll-out that must stop does.
    this.wait(this.install.outcome ? 0 : Math.random() * this.spreadSeconds * 1000);
  }

  /** The server has something new, it says: asks at once. While it could not be asked, the waits between tries hold. */
  hinted(): void {
    if (!this.synced || this.onTrial || this.failing) return;
    if (this.asking) this.again = true;
    else this.wait(0);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    clearTimeout(this.timer);
    clearInterval(this.greenLook);
    this.server.close();
    await this.working;
  }

  private get stopped(): boolean {
    return this.ending.signal.aborted;
  }

  /** The version that runs is the one on trial, perhaps confirmed by half before a power cut. */
  private get onTrial(): Trial | undefined {
    const { trial } = this.install;
    return trial?.version === this.parts.launched.version ? trial : undefined;
  }

  private confirmIfGreen(): void {
    const trial = this.onTrial;
    if (!trial || !this.synced || (trial.pushToo && !this.around.connected())) return;
    const { releaseId, version, from } = trial;
    try {
      // In this order: a crash in between is gone on with at the next start.
      this.install.current = version;
      this.install.outcome = { releaseId, version, from, outcome: 'installed' };
      this.install.trial = undefined;
    } catch (error) {
      return this.parts.log.warn('update not confirmed yet', { version, why: reason(error) });
    }
    clearInterval(this.greenLook);
    this.parts.log.info('update confirmed', { from, to: version });
    removeStrayVersions(this.install, from);
    this.wait(0);
  }

  private wait(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => (this.working = this.work()), ms);
  }

  private async work(): Promise<void> {
    if (!this.server.served) return this.wait(LONGEST_WAIT_MS);
    this.asking = true;
    this.again = false;
    try {
      await this.reportOutcome();
      const askAgainMs = await this.bringUpToDate();
      this.failing = false;
      this.backOff.reset();
      // A fleet that was started together does not go on asking together.
      this.wait(this.again ? 0 : askAgainMs * (0.9 + Math.random() * 0.2));
    } catch (error) {
      this.failing = true;
      const waitMs = Math.round(this.backOff.next(error instanceof HttpFailure ? error.retryAfterSeconds : undefined));
      if (!this.stopped) this.parts.log.warn('update not possible now', { why: reason(error), retryInMs: waitMs });
      this.wait(waitMs);
    } finally {
      this.asking = false;
    }
  }

  private async reportOutcome(): Promise<void> {
    const { outcome: ended } = this.install;
    if (!ended) return;
    const { releaseId, from: fromVersion, outcome, why } = ended;
    const body = { outcome, fromVersion, ...(why === undefined ? {} : { why: why.slice(0, 2000) }) };
    try {
      await this.server.call(reportUpdate, { params: { id: releaseId }, body });
    } catch (error) {
      // Nobody there wants to know any more.
      if (!(error instanceof HttpFailure && error.status === 404)) throw error;
    }
    this.install.outcome = undefined;
  }

  /** @returns milliseconds until it is time to ask again */
  private async bringUpToDate(): Promise<number> {
    const { release, askAgainSeconds } = await this.ask();
    if (release) await this.prepare(release);
    if (this.install.outcome) await this.reportOutcome();
    return askAgainSeconds * 1000;
  }

  private ask() {
    const { version } = this.parts.launched;
    const platform: ReleasePlatform = RELEASE_PLATFORMS.find((one) => one === here()) ?? 'any';
    return this.server.call(askRelease, { body: { version, platform } });
  }

  private async prepare(wanted: WantedRelease): Promise<void> {
    const { connection, launched, folder, log, clock } = this.parts;
    const verdict = verifyRelease(wanted.manifest, {
      ...{ organisationId: connection.identity.enrolled?.organisationId ?? '', platform: here() },
      ...{ running: launched.version, anchors: connection.trust.anchors, now: clock.now() },
    });
    if ('why' in verdict) return this.refuse(wanted, '', `the release is refused: ${verdict.why}`);
    const { manifest } = verdict;
    const { sha256, version } = manifest;
    if (this.install.failed.includes(sha256)) {
      return this.refuse(wanted, sha256, `version ${version} failed here before and is not tried again`);
    }
    log.info('update begins', { from: launched.version, to: version });
    let file: string;
    try {
      file = await fetchPackage(connection, folder, wanted.releaseId, manifest, this.ending.signal);
    } catch (error) {
      if (error instanceof HttpFailure && error.status === 404) return;
      if (!(error instanceof PackageFault)) throw error;
      return this.refuse(wanted, sha256, `the release is refused: ${error.message}`);
    }
    try {
      await stageVersion(this.install, file, manifest);
    } catch (error) {
      return this.refuse(wanted, sha256, `version ${version} could not be unpacked: ${reason(error)}`);
    }
    await this.switchTo(wanted, manifest);
  }

  /** Once nothing else runs, and only if the server still wants it: a roll-out may have stopped meanwhile. */
  private async switchTo(
    { releaseId, greenWithinSeconds }: WantedRelease,
    { sha256, version }: { sha256: string; version: string },
  ): Promise<void> {
    const { launched, audit, log } = this.parts;
    while (!this.around.idle()) {
      await new Promise((resolve) => setTimeout(resolve, IDLE_LOOK_MS));
      if (this.stopped) return;
    }
    const { release } = await this.ask();
    if (this.stopped || release?.releaseId !== releaseId) return;
    const trial = { releaseId, sha256, version, from: launched.version, attempts: 0, greenWithinSeconds };
    this.install.trial = { ...trial, pushToo: this.around.connected() };
    log.info('update on trial', { from: launched.version, to: version });
    audit.record('agent.updated', { from: launched.version, to: version, step: 'on trial' });
    this.around.restart();
  }

  /** Told to the server as a failure, so that a roll-out that cannot work stops. */
  private refuse({ releaseId }: WantedRelease, sha256: string, why: string): void {
    const { launched, audit, log } = this.parts;
    log.error('update refused', { releaseId, why });
    audit.record('agent.updated', { from: launched.version, step: 'refused', why });
    if (sha256 !== '') this.install.addFailed(sha256);
    this.install.outcome = { releaseId, version: '', from: launched.version, outcome: 'failed', why };
  }
}

const here = (): string => `${process.platform}-${process.arch}`;
