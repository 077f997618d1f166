import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import {
  type AuditEntry,
  type AuditFault,
  type AuditHead,
  type AuditVerdict,
  listAnchors,
  type VerifyAudit,
} from '@muster/contracts';
import { Database } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { genesisHash } from '../chain/canonical';
import { AuditLogsConfig } from '../config';
import { headsBetween } from '../heads/head.queries';
import { HeadChecker, payloadOf } from '../heads/signed-head';
import { LOOK_AHEAD, missingText, MOST_FAULTS, walk, type Walk } from './chain-walk';
import { compareHeads, type Comparison } from './head-comparison';
import { type ChainEnds, chainEnds, entriesFrom, hashOfEntry, isRecordedAsExpired } from './verify.queries';

const DAY_MS = 86_400_000;

/** Where a call begins, what is before it, and what is wrong with that. */
interface Start {
  from: number;
  before: string | undefined;
  faults: AuditFault[];
}

/**
 * Checks an organisation's chain against itself, against its own record of its end, and against heads: those stored here
 * and those that the caller kept elsewhere, which tell even of what was taken away together with everything stored here.
 * A call reads VERIFY_ENTRIES entries; `next` goes on.
 */
@Injectable()
export class Verification {
  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly config: AuditLogsConfig,
  ) {}

  async verify(organisationId: string, { from, heads = [] }: VerifyAudit): Promise<AuditVerdict> {
    const { anchors, retired = [] } = await this.bus.request(listAnchors, {});
    // Heads that were signed before a roll-over ended stay good after it.
    const checker = new HeadChecker([...anchors, ...retired], organisationId);
    return this.database.inOrganisation(organisationId, async (manager) => {
      const ends = await chainEnds(manager, organisationId);
      const start = await this.start(manager, organisationId, ends, checker, from);
      const most = this.config.VERIFY_ENTRIES;
      const entries = await entriesFrom(manager, organisationId, start.from, most + LOOK_AHEAD);
      const walked = walk(entries, most, start.from, start.before);
      const more = walked.checkedTo < (entries.at(-1)?.number ?? 0);
      const upTo = more ? walked.checkedTo : Number.MAX_SAFE_INTEGER;
      const lowest = from === undefined ? 0 : start.from;
      const stored = await headsBetween(manager, organisationId, lowest, Math.min(upTo, ends.lastHead));
      const compared = compareHeads(
        [...stored, ...heads.filter(between(lowest, upTo))],
        checker,
        stretchOf(ends, start, entries, walked),
      );
      const faults = [
        ...start.faults,
        ...walked.faults,
        ...compared.faults,
        ...(more ? [] : endFaults(ends, entries, compared)),
      ];
      faults.sort((one, other) => one.number - other.number);
      return {
        intact: faults.length === 0,
        checkedFrom: entries.length > 0 ? start.from : 0,
        checkedTo: entries.length > 0 ? walked.checkedTo : 0,
        headsChecked: compared.checked,
        faults: faults.slice(0, MOST_FAULTS),
        ...(more ? { next: walked.checkedTo + 1 } : {}),
      };
    });
  }

  /** What stands before the first entry: the beginning, a checkpoint that allows the ones before it to be gone, an entry. */
  private async start(
    manager: EntityManager,
    organisationId: string,
    ends: ChainEnds,
    checker: HeadChecker,
    wanted: number | undefined,
  ): Promise<Start> {
    const first = Math.max(ends.first, 1);
    if (wanted !== undefined && wanted > first) {
      return { from: wanted, before: await hashOfEntry(manager, organisationId, wanted - 1), faults: [] };
    }
    if (first === 1) return { from: 1, before: genesisHash(organisationId), faults: [] };
    const checkpoint = await this.checkpoint(manager, organisationId, first - 1, checker);
    if (checkpoint !== undefined) return { from: first, before: checkpoint, faults: [] };
    const problem = `${missingText(1, first - 1)} No signed head shows that they were old enough to go.`;
    return { from: first, before: undefined, faults: [{ fault: 'removed', number: 1, problem }] };
  }

  /** Hash that a good head says of this entry, if the entries up to it were allowed to go. */
  private async checkpoint(
    manager: EntityManager,
    organisationId: string,
    number: number,
    checker: HeadChecker,
  ): Promise<string | undefined> {
    const [head] = await headsBetween(manager, organisationId, number, number);
    const verdict = head && checker.check(head);
    if (!verdict || 'problem' in verdict || verdict.payload.number !== number) return undefined;
    const age = Date.now() - Date.parse(verdict.payload.at);
    const isOld = age >= (this.config.AUDIT_DAYS - 1) * DAY_MS;
    return isOld || (await isRecordedAsExpired(manager, organisationId, number)) ? verdict.payload.hash : undefined;
  }
}

/** Heads of entries in a range; heads that say nothing belong to the first call, which begins at 0. */
const between =
  (lowest: number, highest: number) =>
  ({ payload }: AuditHead): boolean => {
    const number = payloadOf(payload)?.number ?? 0;
    return number >= lowest && number <= highest;
  };

function stretchOf(ends: ChainEnds, start: Start, entries: readonly AuditEntry[], walked: Walk) {
  const hashes = new Map(entries.map(({ number, hash }) => [number, hash]));
  if (start.before !== undefined) hashes.set(start.from - 1, start.before);
  const last = Math.max(ends.last, walked.checkedTo);
  return { first: start.from, last, hashOf: (number: number) => hashes.get(number) };
}

/** What the chain's record of its own end, and heads beyond it, say of the last entry. */
function endFaults(ends: ChainEnds, entries: readonly AuditEntry[], { beyond }: Comparison): AuditFault[] {
  const { last, recorded } = ends;
  const faults: AuditFault[] = [];
  const known = Math.max(recorded?.number ?? 0, beyond?.number ?? 0);
  if (known > last) {
    const source = beyond?.number === known ? `a head of ${beyond.at}` : 'its own record';
    const problem = `The chain ends at ${last}, and ${source} says that it reached ${known}. ${missingText(last + 1, known)}`;
    faults.push({ fault: 'truncated', number: last + 1, problem });
  }
  if (last > 0 && !recorded) {
    faults.push({ fault: 'altered', number: last, problem: 'The record of where the chain ends is missing.' });
  } else if (recorded && recorded.number < last) {
    const problem = `The chain's own record ends at ${recorded.number}: what follows was not written by this service.`;
    faults.push({ fault: 'altered', number: recorded.number + 1, problem });
  } else if (recorded?.number === last) {
    const found = entries.find(({ number }) => number === last)?.hash;
    if (found !== undefined && found !== recorded.hash) {
      faults.push({
        fault: 'altered',
        number: last,
        problem: "The chain's own record names another hash for its end.",
      });
    }
  }
  return faults;
}
