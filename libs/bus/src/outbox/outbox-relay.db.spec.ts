import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsumesEvent, DeadLetters, type Delivery, OUTBOX_SOURCE, type OutboxRow, type OutboxSource } from '../index';
import { Counted, numberCounted } from '../spec/contracts';
import { NatsProcess } from '../spec/nats-process';
import { connected, logs, startService, type TestService, until } from '../spec/service';

class Ledger {
  readonly numbers: number[] = [];
  readonly deliveries: Delivery[] = [];

  @ConsumesEvent(numberCounted, { batch: 50 })
  async note(payloads: Counted[], deliveries: Delivery[]): Promise<void> {
    this.numbers.push(...payloads.map(({ number }) => number));
    this.deliveries.push(...deliveries);
  }
}

/** As the table of a service: rows in order, gone when they are settled; settling can fail as a database does. */
class Rows implements OutboxSource {
  rows: OutboxRow[] = [];
  settleFails = false;
  private wake: () => void = () => undefined;

  add(...rows: OutboxRow[]): void {
    this.rows.push(...rows);
    this.wake();
  }
  async claim(limit: number): Promise<OutboxRow[]> {
    return this.rows.slice(0, limit);
  }
  async settle(ids: readonly string[]): Promise<void> {
    if (this.settleFails) throw new Error('the database is away');
    this.rows = this.rows.filter((row) => !ids.includes(row.id));
  }
  onAdded(wake: () => void): void {
    this.wake = wake;
  }
}

const row = (number: number): OutboxRow => ({
  id: `row-${number}`,
  subject: 'number.counted.v1',
  payload: { number },
  correlationId: `change-${number}`,
});
const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

describe('the outbox relay', () => {
  let nats: NatsProcess;
  let source: Rows;
  let web: TestService;
  let keyManager: TestService;
  let ledger: Ledger;

  beforeEach(async () => {
    nats = await NatsProcess.hub(['web', 'key-manager', 'bip']);
    source = new Rows();
    web = await startService('web', nats, [], {}, [{ provide: OUTBOX_SOURCE, useValue: source }]);
    keyManager = await startService('key-manager', nats, [Ledger]);
    ledger = keyManager.get(Ledger);
    await Promise.all([connected(web), connected(keyManager)]);
  });
  afterEach(async () => {
    await Promise.all([web.stop(), keyManager.stop()]);
    await nats.stop();
  });

  it('publishes every row in order with its id and correlation id, and settles it', async () => {
    source.add(...upTo(450).map(row));
    await until('relayed', () => source.rows.length === 0);
    await until('consumed', () => ledger.numbers.length === 450);
    expect(ledger.numbers).toEqual(upTo(450));
    expect(ledger.deliveries[7]).toMatchObject({ messageId: 'row-7', correlationId: 'change-7', attempt: 1 });
  });

  it('publishes again what it could not settle, which reaches nobody twice', async () => {
    source.settleFails = true;
    source.add(row(1), row(2));
    await until('consumed', () => ledger.numbers.length === 2);
    await until('tried again', () => logs.filter(({ fields }) => fields['message'] === 'outbox waits').length >= 2);
    source.settleFails = false;
    source.add(row(3));
    await until('all', () => source.rows.length === 0 && ledger.numbers.includes(3));
    expect(ledger.numbers).toEqual([1, 2, 3]);
  });

  it('keeps rows while NATS is killed and publishes them in order when it is back', async () => {
    source.add(row(0));
    await until('first', () => ledger.numbers.length === 1);
    await nats.kill();
    source.add(...upTo(100).slice(1).map(row));
    await until('noticed', () => !web.bus.connected);
    await nats.start();
    await until('all', () => source.rows.length === 0 && new Set(ledger.numbers).size === 100, 25_000);
    const firstSeen = [...new Set(ledger.numbers)];
    expect(firstSeen).toEqual(upTo(100));
  });

  it('puts a row aside that is too large for the bus, and goes on', async () => {
    source.add({ ...row(1), payload: { number: 1, note: 'x'.repeat(1_100_000) } }, row(2));
    await until('next', () => ledger.numbers.includes(2));
    const letters = web.get(DeadLetters);
    const [letter] = await letters.list();
    expect(letter).toMatchObject({ service: 'web', code: 'too-large', deliveries: 0, messageId: 'row-1' });
    await expect(letters.replay(letter?.id ?? '')).rejects.toMatchObject({ code: 'conflict' });
  });
});
