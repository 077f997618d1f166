import type { Client } from 'pg';
import type { LoadKind } from './load-batch';
import type { Sent } from './load-device';

/** Tables that tell which reports of a spool were stored, by kind; output is looked for itself. */
const RECEIPTS = { samples: 'rmm_logs.receipts', audit: 'audit.receipts', inventory: 'plugins.receipts' } as const;

/** What a fleet's batches came to: answered with 202, not answered, refused; and what of it is in PostgreSQL. */
export class Ledger {
  /** By kind and spool. */
  private readonly answered: Record<LoadKind, Map<string, Set<number>>> = {
    samples: new Map(),
    audit: new Map(),
    inventory: new Map(),
    output: new Map(),
  };
  /** How often each status came that is not 202; 0 is no answer. */
  readonly others: Record<number, number> = {};
  /** Batches that were answered with 202, by kind. */
  readonly takenOf: Record<LoadKind, number> = { samples: 0, audit: 0, inventory: 0, output: 0 };
  /** Replies with 202 that refused some of the batch's reports. The load makes none that may be refused. */
  refused = 0;
  /** Replies with 503 that said when to come again. */
  toldWhen = 0;

  note({ status, body, retryAfter, batch }: Sent): void {
    if (status !== 202) {
      this.others[status] = (this.others[status] ?? 0) + 1;
      if (status === 503 && retryAfter !== undefined && retryAfter > 0) this.toldWhen++;
      return;
    }
    const spools = this.answered[batch.kind];
    const known = spools.get(batch.spool) ?? new Set();
    spools.set(batch.spool, known);
    for (const sequence of batch.sequences) known.add(sequence);
    this.takenOf[batch.kind]++;
    if (body.includes('"refused":[{')) this.refused++;
  }

  /** Batches that were answered with 202. */
  get taken(): number {
    return Object.values(this.takenOf).reduce((sum, count) => sum + count, 0);
  }

  /** How many reports (or pieces of output) that were answered with 202 are not known to the database. */
  async missing(client: Client): Promise<number> {
    const { output, ...spooled } = this.answered;
    let missing = count(output, await pieces(client, output));
    for (const kind of ['samples', 'audit', 'inventory'] as const)
      missing += count(spooled[kind], await receipts(client, RECEIPTS[kind], spooled[kind]));
    return missing;
  }

  /** Looks until everything that was answered is stored, or the time is over. */
  async settle(client: Client, seconds = 60): Promise<{ lost: number; seconds: number }> {
    const begin = performance.now();
    for (;;) {
      const lost = await this.missing(client);
      const passed = (performance.now() - begin) / 1000;
      if (lost === 0 || passed > seconds) return { lost, seconds: passed };
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** Half-open, as PostgreSQL writes them. */
type Ranges = Array<[from: number, to: number]>;

async function receipts(client: Client, table: string, spools: Map<string, unknown>): Promise<Map<string, Ranges>> {
  const { rows } = await client.query<{ spool: string; received: string }>(
    `SELECT spool, received::text AS received FROM ${table} WHERE spool = ANY($1::uuid[])`,
    [[...spools.keys()]],
  );
  return new Map(rows.map(({ spool, received }) => [spool, rangesOf(received)]));
}

async function pieces(client: Client, operations: Map<string, unknown>): Promise<Map<string, Ranges>> {
  const { rows } = await client.query<{ operation: string; received: string }>(
    `SELECT operation_id AS operation, range_agg(int8range(number, number + 1))::text AS received
       FROM rmm_logs.output_pieces WHERE operation_id = ANY($1::uuid[]) GROUP BY operation_id`,
    [[...operations.keys()]],
  );
  return new Map(rows.map(({ operation, received }) => [operation, rangesOf(received)]));
}

function count(spools: Map<string, Set<number>>, received: Map<string, Ranges>): number {
  let missing = 0;
  for (const [spool, sequences] of spools) {
    const ranges = received.get(spool) ?? [];
    for (const sequence of sequences) if (!ranges.some(([from, to]) => sequence >= from && sequence < to)) missing++;
  }
  return missing;
}

/** `{[1,5),[7,9)}` as pairs. */
const rangesOf = (text: string): Ranges =>
  [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, from, to]) => [Number(from), Number(to)]);
