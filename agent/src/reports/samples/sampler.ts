import type { SampleReport } from '@muster/contracts';
import { type Log, reason } from '../../state/log';
import type { ReportSpool } from '../report-spool';
import { within } from '../report-sender';
import { LinuxSource } from './linux-source';
import { OtherSource } from './other-source';
import type { Reading, SampleSource } from './reading';
import { sampleOf } from './sample-of';

const SAMPLE_SECONDS = { least: 10, most: 3600 };
/** The first sample follows the first reading after so long: a rate needs two. */
const FIRST_AFTER_SECONDS = 10;

/** The readings of the system that this process runs on. */
export const currentSource = (): SampleSource =>
  process.platform === 'win32' || process.platform === 'darwin' ? new OtherSource(process.platform) : new LinuxSource();

/** Takes a sample at regular times and puts it on the spool. */
export class Sampler {
  private last?: Reading;
  private timer?: NodeJS.Timeout;
  private stopped = false;

  constructor(
    private readonly source: SampleSource,
    private readonly spool: Pick<ReportSpool, 'append'>,
    private readonly log: Log,
    private seconds = 60,
  ) {}

  start(): void {
    void this.read().then(() => this.schedule(Math.min(FIRST_AFTER_SECONDS, this.seconds)));
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** As the server wants it, from the sample after the next one on. */
  setSeconds(seconds: number): void {
    this.seconds = within(seconds, SAMPLE_SECONDS);
  }

  /** Takes a sample now. */
  async sample(): Promise<void> {
    const before = this.last;
    const now = await this.read();
    if (!now || this.stopped) return;
    const sample = sampleOf(before, now, (pid) => this.source.userOf?.(pid));
    const report: Omit<SampleReport, 'sequence'> = { kind: 'sample', takenAt: new Date().toISOString(), sample };
    this.spool.append(report);
  }

  private schedule(seconds: number): void {
    if (this.stopped) return;
    const due = performance.now() + seconds * 1000;
    this.timer = setTimeout(() => {
      void this.sample().then(() => this.schedule(Math.max(1, this.seconds - (performance.now() - due) / 1000)));
    }, seconds * 1000);
  }

  private async read(): Promise<Reading | undefined> {
    try {
      return (this.last = await this.source.read());
    } catch (error) {
      this.log.warn('no sample taken', { why: reason(error) });
      return undefined;
    }
  }
}
