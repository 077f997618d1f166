import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OwnStream } from './own-stream';
import { NatsProcess } from '../spec/nats-process';
import { connected, startService, type TestService, until } from '../spec/service';

const later = (): Date => new Date(Date.now() + 3_600_000);

describe("a service's own stream behind a leaf node", () => {
  let hub: NatsProcess;
  let leaf: NatsProcess;
  let broker: TestService;
  let stream: OwnStream;

  beforeAll(async () => {
    hub = await NatsProcess.hub(['web'], ['push-broker']);
    leaf = await NatsProcess.leafOf(hub, ['push-broker']);
    broker = await startService('push-broker', leaf, []);
    await connected(broker);
    stream = broker.get(OwnStream);
    await stream.ensure({ maxBytes: 1_000_000, maxAgeSeconds: 3600 });
  });
  afterAll(async () => {
    await broker.stop();
    await leaf.stop();
    await hub.stop();
  });
  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of stream.list()) found.push(key);
    return found;
  };

  it('has records that are listed, read and removed, whatever their keys look like', async () => {
    expect(await keys()).toEqual([]);
    const odd = 'jülièt.*.>%2E capulet@x.test';
    const first = await stream.add(odd, 'grüße', later());
    const second = await stream.add('b@x.test', 'two', later());
    expect(second).toBeGreaterThan(first);
    expect(await keys()).toEqual([odd, 'b@x.test']);
    expect(await stream.read(first)).toMatchObject({ body: 'grüße' });
    await stream.remove(first);
    await stream.remove(first);
    expect(await stream.read(first)).toBeUndefined();
    expect(await keys()).toEqual(['b@x.test']);
    // Made again with other settings it keeps what it has.
    await stream.ensure({ maxBytes: 2_000_000, maxAgeSeconds: 7200 });
    expect(await keys()).toEqual(['b@x.test']);
    await stream.remove(second);
  });

  it('has a record once where that is asked for, and tells by what', async () => {
    const first = await stream.add('a@x.test', 'one', later(), 'push-1 a@x.test');
    expect(await stream.add('a@x.test', 'one again', later(), 'push-1 a@x.test')).toBe(first);
    const second = await stream.add('a@x.test', 'one', later());
    const found: unknown[] = [];
    for await (const { sequence, once } of stream.list()) found.push([sequence, once]);
    expect(found).toEqual([
      [first, 'push-1 a@x.test'],
      [second, undefined],
    ]);
    expect(await stream.read(first)).toMatchObject({ body: 'one' });
    await stream.remove(first);
    await stream.remove(second);
  });

  it('goes on while the link to the hub is cut, and after the leaf was restarted', async () => {
    const before = await stream.add('a@x.test', 'before', later());
    await hub.kill();
    const during = await stream.add('a@x.test', 'during', later());
    expect(await stream.read(before)).toMatchObject({ body: 'before' });
    await leaf.kill();
    await until('noticed', () => !broker.bus.connected);
    await expect(stream.add('a@x.test', 'away', later())).rejects.toMatchObject({ code: 'unavailable' });
    await leaf.start();
    await until('back', () => broker.bus.connected, 30_000);
    const read = await until('read', () => stream.read(during).catch(() => undefined));
    expect(read).toMatchObject({ body: 'during' });
    expect(await keys()).toEqual(['a@x.test', 'a@x.test']);
  });

  it('tells of each connection, the present one too', async () => {
    let links = 0;
    let ended = 0;
    stream.onLink((lost) => {
      links++;
      lost.addEventListener('abort', () => ended++);
    });
    await until('the first', () => links === 1);
    await leaf.kill();
    await until('its end', () => ended === 1);
    await leaf.start();
    await until('the next', () => links === 2, 30_000);
  });
});
