import { LOG_LEVELS, type LogLevel, type LogReport } from '@muster/contracts';
import type { Log, LogFields } from '../state/log';
import { cleanText } from './clean-text';
import type { ReportSpool } from './report-spool';

export interface LogReporterSettings {
  /** Lines below it stay on the device. */
  level: LogLevel;
  /** Texts that no report carries, such as the registration key. */
  secrets: readonly string[];
  /** Milliseconds that only grow. */
  now?: () => number;
}

/** Lines that may go at once, and then a minute. */
const BURST = 100;
const PER_MINUTE = 10;
/** Within this time the same line is counted, not sent again. */
const SAME_WITHIN_MS = 60_000;
const KEPT_UNTIL_ATTACHED = 100;
const MESSAGE_LENGTH = 8192;
const FIELDS_LENGTH = 16_384;
const VALUE_LENGTH = 2000;
const SECRET_NAME = /secret|passw|token|authorization|cookie|private|registrationkey/i;
const SECRET_TEXT = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** Differs between lines that say the same. */
const VOLATILE = new Set(['retryInMs', 'pid', 'durationMs']);

interface Repetition {
  level: LogLevel;
  event: string;
  at: number;
  more: number;
}

/**
 * Passes lines on to the local log, and reports them: at most a burst and then a few a minute, the same line once a minute
 * with a count, never a secret. The parts that carry reports write to the local log alone, so nothing feeds itself.
 */
export class LogReporter implements Log {
  private spool?: Pick<ReportSpool, 'append'>;
  private early: Array<Omit<LogReport, 'sequence'>> = [];
  private readonly recent = new Map<string, Repetition>();
  private allowance = BURST;
  private allowanceAt: number;
  private dropped = 0;
  private readonly now: () => number;

  constructor(
    readonly local: Log,
    private readonly settings: LogReporterSettings,
  ) {
    this.now = settings.now ?? ((): number => performance.now());
    this.allowanceAt = this.now();
  }

  info(event: string, fields?: LogFields): void {
    this.local.info(event, fields);
    this.report('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.local.warn(event, fields);
    this.report('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.local.error(event, fields);
    this.report('error', event, fields);
  }

  /** From now on lines go to the spool; the first ones that came before do too. */
  attach(spool: Pick<ReportSpool, 'append'>): void {
    this.spool = spool;
    for (const line of this.early.splice(0)) spool.append(line);
  }

  /** Reports how often lines were repeated, and how many were dropped. To be called now and then. */
  summarise(): void {
    const now = this.now();
    for (const [key, { level, event, at, more }] of this.recent) {
      if (now - at < SAME_WITHIN_MS) continue;
      this.recent.delete(key);
      if (more > 0) this.keep(level, event, { repeated: more });
    }
    if (this.dropped === 0 || !this.allowed()) return;
    this.keep('warn', 'log lines not reported', { dropped: this.dropped });
    this.dropped = 0;
  }

  private report(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.settings.level)) return;
    const lasting = Object.entries(fields).filter(([name]) => !VOLATILE.has(name));
    const key = `${level} ${event} ${JSON.stringify(lasting)}`;
    const before = this.recent.get(key);
    if (before && this.now() - before.at < SAME_WITHIN_MS) {
      before.more++;
      return;
    }
    if (!this.allowed()) {
      this.dropped++;
      return;
    }
    this.recent.set(key, { level, event, at: this.now(), more: 0 });
    this.keep(level, event, before && before.more > 0 ? { ...fields, repeated: before.more } : fields);
  }

  private allowed(): boolean {
    const now = this.now();
    this.allowance = Math.min(BURST, this.allowance + ((now - this.allowanceAt) / 60_000) * PER_MINUTE);
    this.allowanceAt = now;
    if (this.allowance < 1) return false;
    this.allowance -= 1;
    return true;
  }

  private keep(level: LogLevel, event: string, fields: LogFields): void {
    const line = {
      kind: 'log',
      takenAt: new Date().toISOString(),
      level,
      message: this.clean(event, MESSAGE_LENGTH) || '(empty)',
      ...this.fieldsOf(fields),
    } satisfies Omit<LogReport, 'sequence'>;
    if (this.spool) this.spool.append(line);
    else if (this.early.length < KEPT_UNTIL_ATTACHED) this.early.push(line);
    else this.dropped++;
  }

  private fieldsOf(fields: LogFields): { fields?: string } {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    if (given.length === 0) return {};
    const clean = given.map(([name, value]) => [
      this.clean(name, 64),
      SECRET_NAME.test(name) ? '…' : this.value(value),
    ]);
    const json = JSON.stringify(Object.fromEntries(clean));
    return { fields: json.length <= FIELDS_LENGTH ? json : JSON.stringify({ cut: json.length }) };
  }

  private value(value: unknown): unknown {
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
    return this.clean(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''), VALUE_LENGTH);
  }

  private clean(text: string, longest: number): string {
    const open = this.settings.secrets.filter(Boolean).reduce((left, secret) => left.replaceAll(secret, '…'), text);
    return cleanText(open.replaceAll(SECRET_TEXT, '…'), longest);
  }
}
