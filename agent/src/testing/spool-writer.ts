import { randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { ReportSpool } from '../reports/report-spool';
import { ReportTime } from '../reports/report-time';

/**
 * A process that does with a spool what an agent does, as fast as it can, until it is killed. Every line that it writes
 * is a fact that a later process must find: `kept <number> <text>` after an append, `sent <spool> <number> <text>` for each
 * report of a batch, `handled` after it.
 */
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const [folder = ''] = process.argv.slice(2);
const time = new ReportTime({ known: false, now: Date.now });
const spool = new ReportSpool(folder, { bytes: 10_000_000, segmentBytes: 4000 }, { log: quiet, time });
const say = (line: string): void => void writeSync(1, `${line}\n`);

for (let count = 0; ; count++) {
  const text = `${process.pid}-${count}`;
  const number = spool.append({ kind: 'test', takenAt: new Date().toISOString(), text });
  say(`kept ${number} ${text}`);
  if (count % 40 !== 39) continue;
  const batch = spool.peek({ reports: randomInt(1, 60), bytes: 500_000 }, new Date());
  for (const report of (batch?.reports ?? []) as Array<{ sequence: number; takenAt: string; text: string }>)
    say(`sent ${batch?.spool} ${report.sequence} ${report.text}`);
  if (batch && randomInt(3) > 0) spool.handled(batch);
}
