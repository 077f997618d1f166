import { Injectable, type OnModuleInit } from '@nestjs/common';
import { PRESENCES } from '@muster/contracts';
import { Database } from '@muster/database';
import { Metrics } from '@muster/service-kit';

/** `muster_devices{presence}`: devices of all organisations, counted when somebody asks for the metrics. */
@Injectable()
export class DeviceMetrics implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.metrics.gauge('muster_devices', 'Enrolled devices by presence.', ['presence'], async (gauge) => {
      const rows = await this.database.across(
        'devices by presence',
        (manager) =>
          manager.query(
            `SELECT presence, count(*)::int AS count FROM core.devices WHERE retired_at IS NULL GROUP BY presence`,
          ) as Promise<{ presence: string; count: number }[]>,
      );
      for (const presence of PRESENCES) {
        gauge.set({ presence }, rows.find((row) => row.presence === presence)?.count ?? 0);
      }
    });
  }
}
