import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '@muster/database';
import { Health, Metrics } from '@muster/service-kit';
import { AuditLogsConfig } from './config';

interface Counts {
  entries: string;
  unsigned: string;
  late: boolean;
  waiting: string;
  stuck: string;
}

/**
 * What an operator watches: how many entries there are, how many no head covers yet, how many wait to be forwarded. Read
 * from the chains' records, so that it costs the same however many entries there are.
 */
@Injectable()
export class AuditMetrics implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
    private readonly health: Health,
    private readonly config: AuditLogsConfig,
  ) {}

  onModuleInit(): void {
    const gauge = (name: string, help: string, value: (counts: Counts) => number): void => {
      this.metrics.gauge(name, help, [], async (one) => one.set(value(await this.counts())));
    };
    gauge('muster_audit_entries', 'Entries written since the beginning of all chains.', ({ entries }) =>
      Number(entries),
    );
    gauge('muster_audit_unsigned_entries', 'Entries that no signed head covers yet.', ({ unsigned }) =>
      Number(unsigned),
    );
    gauge('muster_audit_forward_waiting', 'Entries that wait to be forwarded.', ({ waiting }) => Number(waiting));
    gauge('muster_audit_forward_stuck', 'Organisations whose log server does not take entries now.', ({ stuck }) =>
      Number(stuck),
    );
    // Entries are written and kept all the same: a reason to tell somebody, none to take the service away.
    this.health.inform('audit-heads', async () => !(await this.counts()).late);
  }

  private async counts(): Promise<Counts> {
    const [row]: Counts[] = await this.database.across('audit figures', (manager) =>
      manager.query(
        `SELECT COALESCE(sum(c.last_number), 0)::text AS entries,
                COALESCE(sum(c.last_number - c.signed_number), 0)::text AS unsigned,
                COALESCE(bool_or(c.unsigned_since < now() - make_interval(secs => $1)), false) AS late,
                COALESCE(sum(c.last_number - f.forwarded_to) FILTER (WHERE f.enabled), 0)::text AS waiting,
                count(*) FILTER (WHERE f.enabled AND f.problem IS NOT NULL)::text AS stuck
           FROM audit.chains c LEFT JOIN audit.forwarding f USING (organisation_id)`,
        [this.config.HEAD_LATE_SECONDS],
      ),
    );
    return row ?? { entries: '0', unsigned: '0', late: false, waiting: '0', stuck: '0' };
  }
}
