import { newId } from '@muster/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Heads } from '../heads/heads.service';
import { AuditUnderTest } from '../testing/audit-under-test';
import { someDrafts } from '../testing/drafts';
import { Tampering } from '../testing/tampering';

const ENTRIES = 50_000;
const BATCH = 250;

let suite: AuditUnderTest;
const organisation = newId();
beforeAll(async () => {
  suite = await AuditUnderTest.start();
  await suite.startAudit();
  suite.keyManager.people.set('owner', { role: 'owner', organisationId: organisation });
  const batch = someDrafts(BATCH).map(({ messageId: _unique, ...draft }) => draft);
  const started = performance.now();
  for (let written = 0; written < ENTRIES; written += BATCH) {
    const fresh = batch.map((draft) => ({ ...draft, messageId: newId() }));
    await suite.append(organisation, fresh);
    if (written % 5000 === 0) await suite.app.get(Heads).signDue(0, 1);
  }
  tell('appended', ENTRIES, started);
}, 120_000);
afterAll(() => suite?.stop());

/** Figures for who asks for them (`TEST_FIGURES=1`): what a machine does is nothing to fail over. */
function tell(what: string, count: number, started: number): void {
  if (!process.env['TEST_FIGURES']) return;
  process.stderr.write(`${what}: ${Math.round((count / (performance.now() - started)) * 1000)} entries/s\n`);
}

it('of 50,000 entries is intact, in calls that end', async () => {
  const started = performance.now();
  const verdict = await suite.verify();
  tell('verified', ENTRIES, started);
  expect(verdict).toMatchObject({ intact: true, checkedFrom: 1, headsChecked: 10, calls: 3 });
  // That it began is an entry itself, and may be there before it ends.
  expect([ENTRIES, ENTRIES + 1]).toContain(verdict.checkedTo);
  const [size] = await suite.rows<{ table: number; all: number }>(
    `SELECT pg_relation_size('audit.entries') / ${ENTRIES} AS table, pg_total_relation_size('audit.entries') / ${ENTRIES} AS all`,
  );
  if (process.env['TEST_FIGURES']) process.stderr.write(`bytes per entry: ${JSON.stringify(size)}\n`);
});

it('of 50,000 entries shows the one that was altered', async () => {
  await new Tampering(suite, organisation).alter(31_415);
  expect((await suite.verify()).faults).toMatchObject([{ fault: 'altered', number: 31_415 }]);
});
