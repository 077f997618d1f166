import type { AuditEntry } from '@muster/contracts';
import { linkHash } from '../chain/canonical';
import { ENTRY_COLUMNS, entryOf, type EntryRecord } from '../chain/entry-rows';
import type { AuditUnderTest } from './audit-under-test';

/** What somebody with every right in the database may do to a chain. */
export class Tampering {
  constructor(
    private readonly suite: AuditUnderTest,
    private readonly organisationId: string,
  ) {}

  alter(number: number, name = 'somebody else'): Promise<unknown> {
    return this.run(
      'UPDATE audit.entries SET actor_name = $3 WHERE organisation_id = $1 AND number = $2',
      number,
      name,
    );
  }

  remove(from: number, to = from): Promise<unknown> {
    return this.run('DELETE FROM audit.entries WHERE organisation_id = $1 AND number BETWEEN $2 AND $3', from, to);
  }

  async swap(one: number, other: number): Promise<void> {
    const move = 'UPDATE audit.entries SET number = $3 WHERE organisation_id = $1 AND number = $2';
    await this.run(move, one, -1);
    await this.run(move, other, one);
    await this.run(move, -1, other);
  }

  /** Gives every entry after a removed one the number before its own. */
  async closeGap(removed: number, by = 1): Promise<void> {
    const shift = 'UPDATE audit.entries SET number = $3 - number WHERE organisation_id = $1 AND number > $2';
    await this.run(shift, removed, -1_000_000);
    const back = 'UPDATE audit.entries SET number = $3 - number - $2 WHERE organisation_id = $1 AND number < 0';
    await this.run(back, by, -1_000_000);
  }

  /** Computes the hashes of everything from a number on anew, and the record of the end with them. */
  async rehash(from: number, { record = true, upTo = Number.MAX_SAFE_INTEGER } = {}): Promise<void> {
    const entries = await this.entries();
    let before = entries.find(({ number }) => number === from - 1)?.hash ?? '';
    const anew: Array<{ number: number; hash: string }> = [];
    for (const { hash: _old, ...content } of entries.filter(({ number }) => number >= from && number <= upTo)) {
      before = linkHash(before, content);
      anew.push({ number: content.number, hash: before });
    }
    await this.run(
      `UPDATE audit.entries e SET hash = decode(a.hash, 'hex')
         FROM jsonb_to_recordset($2::jsonb) AS a (number bigint, hash text)
        WHERE e.organisation_id = $1 AND e.number = a.number`,
      JSON.stringify(anew),
    );
    if (record) await this.setRecord(entries.at(-1)?.number ?? 0, before);
  }

  /** Makes the record agree with what is left. */
  async setRecordToEnd(): Promise<void> {
    const last = (await this.entries()).at(-1);
    await this.setRecord(last?.number ?? 0, last?.hash ?? '00'.repeat(32));
  }

  dropHeads(from: number): Promise<unknown> {
    return this.run('DELETE FROM audit.heads WHERE organisation_id = $1 AND number >= $2', from);
  }

  run(sql: string, ...parameters: unknown[]): Promise<object[]> {
    return this.suite.rows(sql, [this.organisationId, ...parameters]);
  }

  private setRecord(number: number, hash: string): Promise<unknown> {
    return this.run(
      `UPDATE audit.chains SET last_number = $2, last_hash = decode($3, 'hex') WHERE organisation_id = $1`,
      number,
      hash,
    );
  }

  private async entries(): Promise<AuditEntry[]> {
    const rows = await this.suite.rows<EntryRecord>(
      `SELECT ${ENTRY_COLUMNS} FROM audit.entries e WHERE e.organisation_id = $1 ORDER BY e.number`,
      [this.organisationId],
    );
    return rows.map(entryOf);
  }
}
