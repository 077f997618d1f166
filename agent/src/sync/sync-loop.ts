import { type OperationReport, type Signed, sync, type SyncReply } from '@muster/contracts';
import type { Identity } from '../identity/identity';
import { BackOff } from '../net/back-off';
import type { FunctionServer } from '../net/function-server';
import { HttpFailure } from '../net/http-client';
import type { Executor } from '../operations/executor';
import type { Journal } from '../operations/journal';
import { verifyCancel, verifyOperation } from '../operations/verifier';
import { type FactsMemory, languagesOf, readDeviceFacts } from '../platform/device-facts';
import type { Platform } from '../platform/platform';
import type { AuditTrail } from '../reports/audit-trail';
import type { ServerClock } from '../state/clock';
import { type Log, reason } from '../state/log';
import type { TrustStore } from '../trust/trust-store';
import { AGENT_VERSION } from '../version';

export interface SyncParts {
  server: FunctionServer;
  trust: TrustStore;
  identity: Identity;
  clock: ServerClock;
  platform: Platform;
  facts: FactsMemory;
  journal: Journal;
  executor: Executor;
  audit: AuditTrail;
  log: Log;
}
export interface SyncEvents {
  /** A newer endpoint map was taken. */
  mapTaken(): void;
  /** The server does not accept this device's certificate. */
  certificateRefused(): void;
  /** A sync ended well. */
  synced(): void;
}

/** First failures are tried again soon; a fleet whose server is away comes back within five minutes. */
const SHORTEST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 300_000;

/**
 * The one conversation with the server: hands in reports and takes what is pending. One call at a time; requests that
 * come meanwhile make one more call after it.
 */
export class SyncLoop {
  private readonly backOff = new BackOff(SHORTEST_WAIT_MS, LONGEST_WAIT_MS);
  private inFlight?: Promise<void>;
  private wanted = false;
  private wantFacts = false;
  private timer?: NodeJS.Timeout;
  private stopped = false;
  /** Version of the endpoint map that was in force or told last. */
  private mapTold?: number;

  constructor(
    private readonly parts: SyncParts,
    private readonly events: SyncEvents,
  ) {
    this.mapTold = parts.trust.map?.version;
  }

  /** Syncs now, or once more after the call that is under way. */
  request(): void {
    this.wanted = true;
    if (this.stopped || this.inFlight) return;
    clearTimeout(this.timer);
    this.inFlight = this.run().finally(() => (this.inFlight = undefined));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.inFlight;
  }

  private async run(): Promise<void> {
    let waitMs = 0;
    while (this.wanted && !this.stopped) {
      this.wanted = false;
      try {
        const reply = await this.exchange();
        this.backOff.reset();
        waitMs = reply.pollAfterSeconds * 1000 * (0.9 + Math.random() * 0.2);
      } catch (error) {
        waitMs = this.failed(error);
        // What is wanted meanwhile waits with the rest: a wake-up must not turn a back-off into a flood.
        this.wanted = false;
      }
    }
    if (!this.stopped) this.timer = setTimeout(() => this.request(), waitMs);
  }

  private async exchange(): Promise<SyncReply> {
    const { server, trust, executor, platform, facts, clock } = this.parts;
    const current = readDeviceFacts(platform);
    const sendFacts = this.wantFacts || facts.changed(current);
    const reports: OperationReport[] = executor.reports();
    const reply = await server.call(sync, {
      body: {
        agentVersion: AGENT_VERSION,
        mapVersion: trust.map?.version ?? 0,
        capacity: executor.capacity,
        reports,
        holding: executor.holding,
        ...(sendFacts ? { facts: current } : {}),
      },
    });
    clock.learn(Date.parse(reply.serverTime));
    executor.delivered(reports);
    if (sendFacts) facts.delivered(current);
    this.wantFacts = reply.wantFacts && !sendFacts;
    this.takeMap(reply.endpointMap);
    // Before the operations: a cancel may come in the same answer as what it cancels.
    for (const cancel of reply.cancels) this.takeCancel(cancel);
    this.takeOperations(reply.operations);
    executor.settle(reply.settled);
    const movesOn = reply.operations.length > 0 || reply.settled.length > 0 || reply.cancels.length > 0;
    if (this.wantFacts || (reply.more && movesOn && executor.capacity > 0)) this.wanted = true;
    this.events.synced();
    executor.pump();
    return reply;
  }

  /** Tells also of a map that came another way, from a server that was not believed before. */
  private takeMap(signed: Signed | undefined): void {
    const { trust, clock, log } = this.parts;
    const verdict = signed ? trust.offer(signed, clock.now()) : 'not-newer';
    if (verdict !== 'taken' && verdict !== 'not-newer') log.error('endpoint map refused', { why: verdict });
    const version = trust.map?.version;
    if (version === this.mapTold) return;
    this.mapTold = version;
    log.info('endpoint map taken', { version });
    this.events.mapTaken();
  }

  private takeCancel(signed: Signed): void {
    const { executor, log } = this.parts;
    const verdict = verifyCancel(signed, this.context());
    if ('operationId' in verdict) executor.cancel(verdict.operationId);
    else log.error('cancel refused', { why: verdict.why });
  }

  private takeOperations(delivered: readonly Signed[]): void {
    const { journal, executor, platform, audit, log } = this.parts;
    const languages = languagesOf(platform);
    for (const signed of delivered) {
      const verdict = verifyOperation(signed, { ...this.context(), mark: journal.mark, languages });
      const id = verdict.accepted ? verdict.operation.operationId : verdict.operationId;
      if (id !== undefined && journal.holds(id)) continue;
      if (verdict.accepted) {
        journal.take([verdict.operation], []);
        if (journal.wasCancelled(verdict.operation.operationId)) executor.cancel(verdict.operation.operationId);
        continue;
      }
      log.warn('operation refused', { operationId: id, refusal: verdict.refusal, why: verdict.why });
      audit.record('operation.refused', { refusal: verdict.refusal, why: verdict.why }, id);
      // Without a readable id there is nobody to report to but the log.
      if (id === undefined) continue;
      const report = {
        operationId: id,
        outcome: 'refused' as const,
        at: new Date().toISOString(),
        refusal: verdict.refusal,
        message: verdict.why.slice(0, 2000),
      };
      journal.take([], [{ report, mark: verdict.mark }]);
      this.wanted = true;
    }
  }

  private context(): { deviceId: string; organisationId: string; anchors: TrustStore['anchors']; now: number } {
    const { identity, trust, clock } = this.parts;
    const { deviceId = '', organisationId = '' } = identity.enrolled ?? {};
    return { deviceId, organisationId, anchors: trust.anchors, now: clock.now() };
  }

  private failed(error: unknown): number {
    const failure = error instanceof HttpFailure ? error : undefined;
    const waitMs = Math.round(this.backOff.next(failure?.retryAfterSeconds));
    this.parts.log.warn('sync failed', { why: reason(error), retryInMs: waitMs });
    if (failure?.code.startsWith('certificate-')) this.events.certificateRefused();
    // A revoked device may be forgiven, but nobody is in a hurry.
    return failure?.code === 'device-revoked' ? Math.max(waitMs, LONGEST_WAIT_MS) : waitMs;
  }
}
