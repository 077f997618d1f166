import type { Client } from 'pg';
import type { Sent } from './load-device';

/** What a fleet's batches came to: answered with 202, not answered, refused; and what of it is in PostgreSQL. */
export class Ledger {
  private readonly answered = new Map<string, Set<number>>();
  /** How often each status came that is not 202; 0 is no answer. */
  readonly others: Record<number, number> = {};
  /** Batches that were answered with 202. */
  taken = 0;
  private reports = 0;

  note({ status, batch }: Pick<Sent, 'status' | 'batch'>): void {
    if (status !== 202) {
      this.others[status] = (this.others[status] ?? 0) + 1;
      return;
    }
    const known = this.answered.get(batch.body.spool) ?? new Set();
    this.answered.set(batch.body.spool, known);
    for (const sequence of batch.sequences) known.add(sequence);
    this.reports += batch.sequences.length;
    this.taken++;
  }

  /** Reports in the batches that were taken. */
  get takenReports(): number {
    return this.reports;
  }

  /** How many reports that were answered with 202 have no receipt in the database. */
  async missing(client: Client): Promise<number> {
    const { rows } = await client.query<{ spool: string; received: string }>(
      'SELECT spool, received::text AS received FROM rmm_logs.receipts WHERE spool = ANY($1::uuid[])',
      [[...this.answered.keys()]],
    );
    const received = new Map(rows.map((row) => [row.spool, rangesOf(row.received)]));
    let missing = 0;
    for (const [spool, sequences] of this.answered) {
      const ranges = received.get(spool) ?? [];
      for (const sequence of sequences) if (!ranges.some(([from, to]) => sequence >= from && sequence < to)) missing++;
    }
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

/** `{[1,5),[7,9)}` as pairs. */
const rangesOf = (text: string): Array<[number, number]> =>
  [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, from, to]) => [Number(from), Number(to)]);

/** How many samples and log lines these devices have: more than they made means doubled ones. */
export async function storedRows(
  client: Client,
  deviceIds: readonly string[],
): Promise<{ samples: number; logs: number }> {
  const { rows } = await client.query<{ samples: number; logs: number }>(
    `SELECT (SELECT count(*)::int FROM rmm_logs.samples WHERE device_id = ANY($1::uuid[])) AS samples,
            (SELECT count(*)::int FROM rmm_logs.logs WHERE device_id = ANY($1::uuid[])) AS logs`,
    [deviceIds],
  );
  return rows[0] ?? { samples: 0, logs: 0 };
}
