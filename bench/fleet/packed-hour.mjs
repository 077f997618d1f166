import { bundled } from '../testing.mjs';

/** Beside its blocks: row and page headers, identity, and its place in the index. */
const ROW_BYTES = 120;
const HOUR = 3600;

/** Bytes of an hour of one device's samples as rmm-logs packs them, by its own code. */
export async function packedHourBytes(maker, samplesPerSecond) {
  const { packHour } = await bundled('services/rmm-logs', 'src/samples/sample-hour.ts');
  const { measuredOf, processesOf } = await bundled('services/rmm-logs', 'src/samples/measured.ts');
  const count = Math.round(samplesPerSecond * HOUR);
  const moments = maker.backlog(count, new Date()).body.reports.map(({ sample, takenAt }) => ({
    at: Date.parse(takenAt),
    measured: measuredOf(sample),
    processes: processesOf(sample),
  }));
  const { measured, processes } = await packHour(moments);
  return measured.length + processes.length + ROW_BYTES;
}
