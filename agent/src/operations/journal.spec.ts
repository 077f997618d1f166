import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OperationReport } from '@muster/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeOperation } from '../testing/operation-maker';
import { Journal } from './journal';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-journal-'));
  path = join(folder, 'journal.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const completed = (operationId: string): OperationReport => ({
  operationId,
  outcome: 'completed',
  at: new Date().toISOString(),
});
/** State by operation id, and the mark, as a newly opened journal knows them. */
function reopened(): { states: Record<string, string>; mark: string } {
  const journal = new Journal(path);
  const states = Object.fromEntries(journal.all().map(({ id, state, attempts }) => [id, `${state} ${attempts}`]));
  const { epoch, sequence } = journal.mark;
  journal.close();
  return { states, mark: `${epoch}/${sequence}` };
}

describe('journal', () => {
  it('knows after a restart what was taken, started, ended and settled', () => {
    const a = makeOperation({ sequence: 1, epoch: 4 });
    const b = makeOperation({ sequence: 2, epoch: 4 });
    const c = makeOperation({ sequence: 3, epoch: 4 });
    const journal = new Journal(path);
    journal.take([a, b, c], []);
    journal.start(a.operationId, 'marker-a');
    journal.spawned(a.operationId, 4711);
    journal.start(b.operationId, 'marker-b');
    journal.end(completed(b.operationId));
    journal.close();
    expect(reopened()).toEqual({
      states: { [a.operationId]: 'started 1', [b.operationId]: 'ended 1', [c.operationId]: 'accepted 0' },
      mark: '4/3',
    });
    const again = new Journal(path);
    expect(again.get(a.operationId)?.run).toEqual({ marker: 'marker-a', pid: 4711 });
    expect(again.get(c.operationId)?.operation).toEqual(c);
    again.settle([b.operationId, c.operationId]);
    again.close();
    expect(Object.keys(reopened().states)).toEqual([a.operationId, c.operationId]);
  });

  it('is the state of some earlier moment wherever its file is cut off, never more and never garbage', () => {
    const operations = [1, 2, 3].map((sequence) => makeOperation({ sequence, script: `echo ${sequence} ä€😀` }));
    const journal = new Journal(path);
    const moments: string[] = [];
    const note = (): void =>
      void moments.push(JSON.stringify([journal.all().map((e) => [e.id, e.state, e.attempts]), journal.mark]));
    note();
    for (const operation of operations) {
      journal.take([operation], []);
      note();
      journal.start(operation.operationId, 'm');
      note();
      journal.end(completed(operation.operationId));
      note();
    }
    journal.close();
    const whole = readFileSync(path);
    let reached = 0;
    // Every byte around the ends of lines, and some of each line's inside: each try costs several fsyncs.
    const nearEnd = (length: number): boolean => whole.subarray(Math.max(0, length - 3), length + 3).includes(0x0a);
    for (let length = 0; length <= whole.length; length++) {
      if (!nearEnd(length) && length % 41 !== 0) continue;
      writeFileSync(path, whole.subarray(0, length));
      const cut = new Journal(path);
      const now = JSON.stringify([cut.all().map((e) => [e.id, e.state, e.attempts]), cut.mark]);
      cut.close();
      const moment = moments.indexOf(now, reached);
      expect(moment, `cut at byte ${length}`).toBeGreaterThanOrEqual(reached);
      reached = moment;
    }
    expect(reached).toBe(moments.length - 1);
  });

  it('goes on after a torn line as if it had never been', () => {
    const [first, second] = [makeOperation({ sequence: 1 }), makeOperation({ sequence: 2 })];
    const journal = new Journal(path);
    journal.take([first], []);
    journal.close();
    writeFileSync(path, '0123abcd {"is":"acc', { flag: 'a' });
    const next = new Journal(path);
    next.take([second], []);
    next.close();
    expect(reopened()).toMatchObject({ mark: '1/2' });
    expect(Object.keys(reopened().states)).toEqual([first.operationId, second.operationId]);
  });

  it('does not believe a line whose sum is wrong', () => {
    const journal = new Journal(path);
    journal.take([makeOperation({ sequence: 9 })], []);
    journal.close();
    writeFileSync(path, readFileSync(path, 'utf8').replace('"sequence":9', '"sequence":8'));
    expect(reopened()).toEqual({ states: {}, mark: '0/0' });
  });

  it('keeps marks and cancels through compaction, and stays small', () => {
    const journal = new Journal(path);
    journal.cancel('gone');
    for (let sequence = 1; sequence <= 40; sequence++) {
      const operation = makeOperation({ sequence, script: 'x'.repeat(90_000) });
      journal.take([operation], []);
      journal.start(operation.operationId, 'm');
      journal.end(completed(operation.operationId));
      journal.settle([operation.operationId]);
    }
    journal.close();
    expect(readFileSync(path).length).toBeLessThan(1_200_000);
    expect(reopened()).toEqual({ states: {}, mark: '1/40' });
    const again = new Journal(path);
    expect(again.wasCancelled('gone')).toBe(true);
    again.close();
  });

  it('does not let a refused claim hold the place of the genuine operation', () => {
    const operation = makeOperation();
    const journal = new Journal(path);
    journal.take(
      [],
      [{ report: { ...completed(operation.operationId), outcome: 'refused', refusal: 'bad-signature' } }],
    );
    expect(journal.holds(operation.operationId)).toBe(false);
    journal.take([operation], []);
    expect(journal.holds(operation.operationId)).toBe(true);
    journal.close();
  });
});
