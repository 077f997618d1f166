import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '@muster/database';

/** Work for one instance at a time: whoever holds the row does it; when the holder is gone, the next one takes over. */
@Injectable()
export class Leases {
  private readonly holder = randomUUID();

  constructor(private readonly database: Database) {}

  /** Takes or extends a lease. True when this process holds it for the next `seconds`. */
  async hold(name: string, seconds: number): Promise<boolean> {
    const held: unknown[] = await this.database.unscoped((manager) =>
      manager.query(
        `INSERT INTO core.leases AS l (name, holder, until) VALUES ($1, $2, now() + make_interval(secs => $3))
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
          WHERE l.holder = excluded.holder OR l.until < now()
         RETURNING 1`,
        [name, this.holder, seconds],
      ),
    );
    return held.length > 0;
  }

  /** Lets the next one take over at once. */
  async release(name: string): Promise<void> {
    await this.database.unscoped((manager) =>
      manager.query('DELETE FROM core.leases WHERE name = $1 AND holder = $2', [name, this.holder]),
    );
  }
}
