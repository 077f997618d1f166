import {
  AppError,
  InvalidInput,
  List,
  nested,
  OneOf,
  parse,
  type Principal,
  Report,
  ReportBatch,
  type Reported,
  type ReportsTaken,
  Text,
  Whole,
} from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { type ReportKind, reportKind, type TakenReport } from './report-kind';
import { takeReports } from './take-reports';

const SPOOL = '01900000-0000-7000-8000-000000000001';
const DEVICE: Principal = {
  kind: 'device',
  id: '01900000-0000-7000-8000-00000000000d',
  organisationId: '01900000-0000-7000-8000-00000000000a',
  assurance: 'certificate',
  permissions: [],
  name: 'device',
  credentialId: 'fingerprint',
};
const NOW = new Date('2026-11-21T12:00:00.000Z');
const DAY = 86_400_000;

class Reading {
  @Text({ max: 10_000 }) label: string;
}
class Temperature extends Report {
  @OneOf(['temperature']) kind: 'temperature';
  @Whole({ min: -300, max: 1000 }) degrees: number;
  @List(nested(() => Reading), { max: 10 }) readings: Reading[];
}
class Word extends Report {
  @OneOf(['word']) kind: 'word';
  @Text({ max: 1_000_000 }) text: string;
}
interface Published {
  head: Reported;
  reports: Array<TakenReport<Report>>;
}

/** Kinds as a service has them; what they publish is kept. */
function kinds(fail?: unknown): { kinds: Record<string, ReportKind<never>>; published: Published[] } {
  const published: Published[] = [];
  const publish = async (head: Reported, reports: Array<TakenReport<Report>>): Promise<void> => {
    if (fail !== undefined) throw fail;
    published.push({ head, reports });
  };
  return {
    published,
    kinds: {
      temperature: reportKind(Temperature, {
        maxBytes: 2000,
        oldestDays: 7,
        check: (report) => {
          if (report.degrees === 13) throw new InvalidInput([{ field: 'degrees', problem: 'is unlucky' }]);
          return report;
        },
        publish,
      }),
      word: reportKind(Word, { maxBytes: 400_000, oldestDays: 30, publish }),
    },
  };
}

/** A batch as the interceptor hands it over. */
const batch = (reports: unknown[], sentAt: string | Date = NOW): ReportBatch =>
  parse(
    ReportBatch,
    { spool: SPOOL, sentAt: sentAt instanceof Date ? sentAt.toISOString() : sentAt, reports },
    { unknown: 'drop' },
  );
const take = (
  body: ReportBatch,
  known: Record<string, ReportKind<never>>,
  bodyBytes = Buffer.byteLength(JSON.stringify(body)),
): Promise<ReportsTaken> => takeReports({ body, bodyBytes, principal: DEVICE }, known, NOW);
const temperature = (sequence: number, more: object = {}): object => ({
  kind: 'temperature',
  sequence,
  takenAt: NOW.toISOString(),
  degrees: 20,
  readings: [],
  ...more,
});
const takenAt = (ms: number): { takenAt: string } => ({ takenAt: new Date(ms).toISOString() });

describe('takeReports', () => {
  it('sorts by kind, keeps the order and says whose the reports are by the connection', async () => {
    const { kinds: known, published } = kinds();
    const word = { kind: 'word', sequence: 2, takenAt: NOW.toISOString(), text: 'hello' };
    const reply = await take(batch([temperature(1), word, temperature(3)]), known);
    expect(reply).toEqual({ taken: 3, refused: [] });
    const head = {
      organisationId: DEVICE.organisationId,
      deviceId: DEVICE.id,
      spool: SPOOL,
      receivedAt: NOW.toISOString(),
    };
    expect(published.map((one) => one.head)).toEqual([head, head]);
    expect(published.map(({ reports }) => reports.map(({ report }) => report.sequence))).toEqual([[1, 3], [2]]);
    expect(published[0]?.reports[0]?.report).toBeInstanceOf(Temperature);
  });

  it('refuses each wrong report by itself, with a code, and takes the others', async () => {
    const { kinds: known, published } = kinds();
    let deep: object = { leaf: 1 };
    for (let depth = 0; depth < 5000; depth += 1) deep = { deep };
    const reply = await take(
      batch([
        temperature(1),
        temperature(2, { degrees: 'warm', readings: [{ label: 'a\0b' }] }),
        temperature(3, { pad: 'x'.repeat(3000) }),
        temperature(4, { deep }),
        temperature(5, takenAt(NOW.getTime() + 301_000)),
        temperature(6, takenAt(NOW.getTime() - 8 * DAY)),
        temperature(7, { deviceId: '01900000-0000-7000-8000-0000000000ff' }),
        temperature(1),
        { kind: '__proto__', sequence: 9 },
        { kind: 'toString' },
        temperature(11, { degrees: 13 }),
        temperature(12, { takenAt: 'yesterday' }),
        temperature(13, { deviceId: DEVICE.id.toUpperCase() }),
        temperature(-1),
      ]),
      known,
      50_000,
    );
    expect(reply.refused.map(({ index, sequence, code }) => [index, sequence, code])).toEqual([
      [1, 2, 'malformed'],
      [2, 3, 'too-large'],
      [3, 4, 'too-deep'],
      [4, 5, 'from-the-future'],
      [5, 6, 'too-old'],
      [6, 7, 'another-device'],
      [7, 1, 'repeated'],
      [8, 9, 'unknown-kind'],
      [9, undefined, 'unknown-kind'],
      [10, 11, 'malformed'],
      [11, 12, 'malformed'],
      [13, undefined, 'malformed'],
    ]);
    expect(reply.refused[0]?.problem).toMatch(/degrees: .*readings\.0\.label: must not contain control characters/);
    expect(reply.refused[9]?.problem).toContain('degrees: is unlucky');
    expect(reply.taken).toBe(2);
    expect(published.flatMap(({ reports }) => reports.map(({ report }) => report.sequence))).toEqual([1, 13]);
  });

  it('goes by the age of a report, whatever year the device believes it is', async () => {
    const { kinds: known, published } = kinds();
    for (const wrong of [0, 2 * 365 * DAY, -2 * 365 * DAY]) {
      const sent = NOW.getTime() + wrong;
      const reports = [temperature(1, takenAt(sent - 60_000)), temperature(2, takenAt(sent + 60_000))];
      expect(await take(batch(reports, new Date(sent)), known)).toMatchObject({ taken: 2 });
    }
    const times = published.map(({ reports }) => reports.map(({ at }) => at));
    const right = ['2026-11-21T11:59:00.000Z', NOW.toISOString()];
    expect(times).toEqual([right, right, right]);
  });

  it('takes what is exactly as old or as deep as it may be', async () => {
    const { kinds: known } = kinds();
    let levels: object = {};
    for (let depth = 0; depth < 10; depth += 1) levels = { levels };
    const reply = await take(
      batch([
        temperature(1, takenAt(NOW.getTime() - 7 * DAY)),
        temperature(2, { levels }),
        temperature(3, { levels: { levels } }),
      ]),
      known,
    );
    expect(reply.refused.map(({ sequence, code }) => [sequence, code])).toEqual([[3, 'too-deep']]);
  });

  it('splits what would not fit into one event', async () => {
    const { kinds: known, published } = kinds();
    const words = Array.from({ length: 9 }, (_, index) => ({
      kind: 'word',
      sequence: index + 1,
      takenAt: NOW.toISOString(),
      text: 'é'.repeat(index === 4 ? 190_000 : 60_000),
    }));
    expect(await take(batch(words), known)).toEqual({ taken: 9, refused: [] });
    for (const event of published) expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(502_000);
    expect(published.flatMap(({ reports }) => reports.map(({ report }) => report.sequence))).toEqual(
      words.map(({ sequence }) => sequence),
    );
    expect(published.length).toBe(3);
  });

  it('fails as a whole when the stream does not take it', async () => {
    const full = new AppError('unavailable', 'full', { retryAfterSeconds: 30 });
    await expect(take(batch([temperature(1)]), kinds(full).kinds)).rejects.toBe(full);
  });

  it('publishes nothing when nothing is in order, and wants to know when a batch was sent', async () => {
    const { kinds: known, published } = kinds();
    expect(await take(batch([{ kind: 'no' }]), known)).toMatchObject({ taken: 0 });
    expect(published).toEqual([]);
    await expect(take(batch([temperature(1)], '2026-W47'), known)).rejects.toMatchObject({
      code: 'invalid-input',
      details: { faults: [{ field: 'sentAt' }] },
    });
  });

  it('survives a problem text that is long or odd', async () => {
    const { kinds: known } = kinds();
    const readings = Array.from({ length: 10 }, () => ({ label: 5 }));
    const reply = await take(batch([temperature(1, { readings, degrees: '\ud800' }), { kind: '\ud800' }]), known);
    for (const { problem } of reply.refused) {
      expect(problem.length).toBeLessThanOrEqual(2000);
      expect(() => encodeURIComponent(problem)).not.toThrow();
    }
  });
});
