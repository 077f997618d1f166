import { Client } from 'pg';

export interface RecordedEvent {
  subject: string;
  payload: Record<string, unknown>;
}

/**
 * Every event that a service ever commits to its outbox, also when the relay has long published it: a trigger keeps a
 * copy. What a transaction takes back leaves no copy either.
 */
export class OutboxRecord {
  private constructor(
    private readonly client: Client,
    private seen: number,
  ) {}

  /** @param adminUrl of the superuser. @param schema of the service; its tables must be there already */
  static async of(adminUrl: string, schema: string): Promise<OutboxRecord> {
    const client = new Client({ connectionString: adminUrl });
    await client.connect();
    await client.query(`
      CREATE TABLE public.recorded_events (number bigserial PRIMARY KEY, subject text, payload jsonb);
      CREATE FUNCTION public.record_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        INSERT INTO public.recorded_events (subject, payload) VALUES (NEW.subject, NEW.payload); RETURN NEW;
      END $$;
      CREATE TRIGGER recorded AFTER INSERT ON ${client.escapeIdentifier(schema)}.outbox
        FOR EACH ROW EXECUTE FUNCTION public.record_event()`);
    return new OutboxRecord(client, 0);
  }

  /** What was committed since the last look, oldest first. */
  async news(): Promise<RecordedEvent[]> {
    const { rows } = await this.client.query<RecordedEvent & { number: string }>(
      'SELECT number, subject, payload FROM public.recorded_events WHERE number > $1 ORDER BY number',
      [this.seen],
    );
    this.seen = Number(rows.at(-1)?.number ?? this.seen);
    return rows.map(({ subject, payload }) => ({ subject, payload }));
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
