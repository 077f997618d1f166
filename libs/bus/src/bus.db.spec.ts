import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, type BusEvent } from '@muster/contracts';
import { connect } from '@nats-io/transport-node';
import {
  type BusCounter,
  type BusHistogram,
  type BusLabels,
  BusMetrics,
  currentCorrelationId,
  HandlesRequest,
  ListensTo,
  withCorrelationId,
} from './index';
import { addNumbers, Counted, numberCounted, numberSeen, numberShown, type Sum, type Total } from './spec/contracts';
import { NatsProcess, passwordOf } from './spec/nats-process';
import { connected, logs, startService, type TestService, until } from './spec/service';

class Adder {
  readonly correlationIds: (string | undefined)[] = [];

  @HandlesRequest(addNumbers)
  async add({ terms }: Sum): Promise<Total> {
    this.correlationIds.push(currentCorrelationId());
    if (terms.includes('odd')) throw new AppError('conflict', 'That is odd.', { retryAfterSeconds: 7 });
    if (terms.includes('broken')) throw new TypeError('secret detail');
    if (terms.includes('wide')) return { total: 1, hidden: true } as Total;
    return { total: terms.reduce((sum, term) => sum + Number(term), 0) };
  }
}

class Counting extends BusMetrics {
  readonly counted: string[] = [];
  readonly observed: string[] = [];
  inc(counter: BusCounter, { subject, outcome, reason }: BusLabels): void {
    this.counted.push([counter, subject, outcome ?? reason].join(' ').trim());
  }
  observe(histogram: BusHistogram, { subject }: BusLabels, seconds: number): void {
    if (seconds >= 0 && seconds < 60) this.observed.push(`${histogram} ${subject}`);
  }
  set(): void {}
}

class Screen {
  readonly shown: number[] = [];

  @ListensTo(numberShown)
  show({ number }: Counted): void {
    this.shown.push(number);
  }
}

describe('requests and ephemeral events', () => {
  let nats: NatsProcess;
  let web: TestService;
  let keyManager: TestService;
  let second: TestService;
  const webMetrics = new Counting();
  const metrics = new Counting();

  beforeAll(async () => {
    nats = await NatsProcess.hub(['web', 'key-manager', 'bip']);
    web = await startService('web', nats, [], {}, [{ provide: BusMetrics, useValue: webMetrics }]);
    keyManager = await startService('key-manager', nats, [Adder, Screen]);
    second = await startService('key-manager', nats, [Adder, Screen], {}, [{ provide: BusMetrics, useValue: metrics }]);
    await Promise.all([web, keyManager, second].map(connected));
  });
  afterAll(async () => {
    await Promise.all([web, keyManager, second].map((service) => service.stop()));
    await nats.stop();
  });

  const ask = (...terms: string[]): Promise<Total> => web.bus.request(addNumbers, { terms });

  it('answers with what the contract declares and nothing else', async () => {
    expect(await ask('1', '2', '3')).toEqual({ total: 6 });
    expect(Object.keys(await ask('wide'))).toEqual(['total']);
  });

  it('lets each request reach one instance', async () => {
    const handled = (): number => [keyManager, second].reduce((n, one) => n + one.get(Adder).correlationIds.length, 0);
    const before = handled();
    await Promise.all(Array.from({ length: 40 }, () => ask('1')));
    expect(handled() - before).toBe(40);
  });

  it('carries the correlation id to the handler', async () => {
    await withCorrelationId('from-the-edge', () => ask('1'));
    const seen = [...keyManager.get(Adder).correlationIds, ...second.get(Adder).correlationIds];
    expect(seen).toContain('from-the-edge');
  });

  it('throws the error of the server at the caller', async () => {
    await expect(ask('odd')).rejects.toMatchObject({
      code: 'conflict',
      message: 'That is odd.',
      details: { retryAfterSeconds: 7 },
    });
  });

  it('tells nothing of an error that nobody foresaw, and logs it', async () => {
    const failure = await ask('broken').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'internal' });
    expect(String(failure)).not.toContain('secret');
    const logged = logs.find(({ fields }) => fields['message'] === 'request failed');
    expect(logged?.fields).toMatchObject({ subject: 'numbers.add.v1', where: 'Adder.add' });
  });

  it('refuses a request that does not fit its contract, with every fault', async () => {
    const raw = await connect({
      servers: nats.url,
      user: 'web',
      pass: passwordOf('web'),
      inboxPrefix: '_INBOX.web',
    });
    const reply = await raw.request('numbers.add.v1', '{"terms":[1]}');
    expect(reply.headers?.get('Muster-Error')).toBe('invalid-input');
    expect(reply.json()).toMatchObject({ code: 'invalid-input', faults: [{ field: 'terms' }] });
    const garbage = await raw.request('numbers.add.v1', '\xff not JSON');
    expect(garbage.json()).toMatchObject({ faults: [{ field: '(body)', problem: 'must be JSON' }] });
    await raw.close();
  });

  it('says at once that nobody answers', async () => {
    const started = Date.now();
    const nobody = { ...addNumbers, subject: 'identity.revocations.list.v1' };
    await expect(web.bus.request(nobody, { terms: [] })).rejects.toMatchObject({ code: 'unavailable' });
    expect(Date.now() - started).toBeLessThan(addNumbers.timeoutMs);
  });

  it('lets every instance hear an ephemeral event, and drops what does not fit', async () => {
    const raw = await connect({ servers: nats.url, user: 'web', pass: passwordOf('web') });
    raw.publish('number.shown.v1', '{"number":"seven"}');
    await raw.flush();
    await web.bus.publish(numberShown, { number: 7 });
    for (const one of [keyManager, second])
      await until('shown', () => one.get(Screen).shown.length === 1 && one.get(Screen).shown[0] === 7);
    await until('logged', () => logs.some(({ fields }) => fields['message'] === 'event dropped'));
    await raw.close();
  });

  it('refuses before sending what the contracts do not allow', async () => {
    await expect(web.bus.publish(numberSeen, { number: 1 })).rejects.toThrow(
      'The contracts do not let web publish number.seen.v1.',
    );
    await expect(keyManager.bus.request(addNumbers, { terms: [] })).rejects.toThrow('do not let key-manager ask');
  });

  it('is refused by NATS as well, and says so', async () => {
    const lying = (event: BusEvent<Counted>): BusEvent<Counted> => ({ ...event, publishers: ['key-manager'] });
    await expect(keyManager.bus.publish(lying(numberCounted), { number: 1 })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('Permissions Violation') as string,
    });
    await keyManager.bus.publish(lying(numberShown), { number: 8 });
    const refused = await until('logged', () =>
      logs.find(({ level, fields }) => level === 'error' && fields['subject'] === 'number.shown.v1'),
    );
    expect(refused.fields).toMatchObject({ operation: 'publish', user: 'key-manager' });
    expect(second.get(Screen).shown).not.toContain(8);
  });

  it('counts and times', async () => {
    await web.bus.publish(numberShown, { number: 1 });
    const nobody = { ...addNumbers, subject: 'identity.revocations.list.v1' };
    await web.bus.request(nobody, { terms: [] }).catch(() => undefined);
    await until('handled by the one that counts', async () => {
      await Promise.all([ask('1'), ask('odd').catch(() => undefined)]);
      return ['ok', 'conflict'].every((outcome) =>
        metrics.counted.includes(`muster_bus_handled_total numbers.add.v1 ${outcome}`),
      );
    });
    expect(metrics.observed).toContain('muster_bus_handling_seconds numbers.add.v1');
    expect(webMetrics.counted).toEqual(
      expect.arrayContaining([
        'muster_bus_connections_total',
        'muster_bus_published_total number.shown.v1 ok',
        'muster_bus_requests_total numbers.add.v1 ok',
        'muster_bus_requests_total numbers.add.v1 conflict',
        'muster_bus_requests_total identity.revocations.list.v1 unavailable',
      ]),
    );
    expect(webMetrics.observed).toContain('muster_bus_request_seconds numbers.add.v1');
  });

  it('lets nobody read what it is not to know', async () => {
    const raw = await connect({ servers: nats.url, user: 'bip', pass: passwordOf('bip') });
    for (const subject of ['>', 'numbers.add.v1', '_INBOX.web.>', '$SYS.>', '$JS.ACK.>']) {
      const error = await raw.subscribe(subject).closed;
      expect(String(error), subject).toContain('Permissions Violation');
    }
    await expect(raw.request('$JS.API.STREAM.NAMES', '')).rejects.toThrow();
    await raw.close();
  });
});

it('does not let a body through that no dead letter could hold', async () => {
  const nats = await NatsProcess.hub(['web']);
  const web = await startService('web', nats);
  await connected(web);
  const note = 'x'.repeat(1024 * 1024);
  await expect(web.bus.publish(numberShown, { number: 1, note })).rejects.toMatchObject({ code: 'too-large' });
  await web.stop();
  await nats.stop();
});
