import { setTimeout as pause } from 'node:timers/promises';
import { eventually, TestAuthority } from '@muster/testing';
import { beforeAll, expect, it } from 'vitest';
import { CLIENT_NS } from '../core/namespaces';
import type { Session } from '../core/session';
import { element } from '../core/xml/element';
import { ResumingClient } from './resuming-client';
import { TEST_DOMAIN, TestBroker } from './test-broker';

/** `XMPP_CUTS=5000 npx vitest run --project push-broker cut-connections` for a long one. */
const CUTS = Number(process.env['XMPP_CUTS'] ?? 300);
const DEVICE = '01900000-0000-7000-8000-00000000000a';
const TEST_NS = 'urn:muster:test';

let authority: TestAuthority;
beforeAll(async () => {
  authority = await TestAuthority.create();
});

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

it(
  `loses and doubles nothing in either direction when the connection is cut ${CUTS} times in the middle of traffic`,
  { timeout: 120_000 + CUTS * 200 },
  async () => {
    const credential = await authority.device(DEVICE, { xmppDomain: TEST_DOMAIN });
    const broker = await TestBroker.start(authority, { queueLength: 100_000 });
    const handled: string[] = [];
    broker.server.handlers.onIq('bound', 'set', TEST_NS, 'count', (_stream, payload) => {
      handled.push(payload.attribute('n') ?? '');
      return undefined;
    });
    const delivered: string[] = [];
    const client = new ResumingClient();
    await client.connect(broker.connect(credential));
    const [session] = broker.server.sessions.of(`${DEVICE}@${TEST_DOMAIN}`) as [Session];

    let down = 0;
    let up = 0;
    const traffic = (): void => {
      // Of many sizes, so that a cut falls into the middle of a stanza as well.
      const padding = 'x'.repeat((down * 37) % 900);
      const id = String(down++);
      session.send(element('message', CLIENT_NS, { id }, element('body', CLIENT_NS, {}, padding)), () =>
        delivered.push(id),
      );
      client.send(`<iq type='set' id='u${up}'><count xmlns='${TEST_NS}' n='${up++}' padding='${padding}'/></iq>`);
    };
    const flowing = setInterval(traffic, 1);
    for (let cut = 0; cut < CUTS; cut++) {
      await pause(cut % 7);
      client.cut();
      const back = client.connect(broker.connect(credential));
      // Now and then again before the client knows, or the server, that the session was resumed.
      if (cut % 4 === 0) await Promise.race([back, pause(cut % 11)]);
      else await back;
    }
    clearInterval(flowing);
    const messages = (): string[] =>
      client.taken.filter(({ name }) => name === 'message').map((message) => message.attribute('id') ?? '');
    const answers = (): string[] =>
      client.taken.filter(({ name }) => name === 'iq').map((iq) => iq.attribute('id') ?? '');
    if (!client.ready) await client.connect(broker.connect(credential));
    await eventually(() => client.waiting === 0 && delivered.length === down && answers().length >= up, {
      within: 20_000,
    });

    expect(client.resumptions).toBeGreaterThan(CUTS / 2);
    // Cuts that hit nothing would prove nothing.
    expect(client.resent).toBeGreaterThan(CUTS / 4);
    expect(client.hadArrived).toBeGreaterThan(CUTS / 20);
    expect(handled).toEqual(numbers(up));
    expect(messages()).toEqual(numbers(down));
    expect(answers()).toEqual(numbers(up).map((number) => `u${number}`));
    expect(delivered).toEqual(numbers(down));
    expect(session.ended).toBe(false);
    expect(broker.faults).toEqual([]);
    await broker.stop();
  },
);

it(
  `brings each message of a device and a tool to the other once, while both are cut ${CUTS} times in all`,
  { timeout: 120_000 + CUTS * 200 },
  async () => {
    const broker = await TestBroker.start(authority, { queueLength: 100_000 });
    broker.server.tickets.grant('technician', DEVICE, Date.now() + 3_600_000);
    const ends = await Promise.all(
      [DEVICE, 'technician'].map(async (name) => {
        const credential = await authority.device(name, { xmppDomain: TEST_DOMAIN });
        const client = new ResumingClient();
        const connect = (): Promise<void> => client.connect(broker.connect(credential));
        await connect();
        return { client, connect };
      }),
    );
    const [device, tool] = ends.map(({ client }) => client) as [ResumingClient, ResumingClient];
    let sent = 0;
    const flowing = setInterval(() => {
      const body = `<body>${'x'.repeat((sent * 37) % 900)}</body>`;
      device.send(`<message type='chat' to='${tool.jid}' id='${sent}'>${body}</message>`);
      tool.send(`<message type='chat' to='${device.jid}' id='${sent}'>${body}</message>`);
      sent++;
    }, 2);
    await Promise.all(
      ends.map(async ({ client, connect }, end) => {
        for (let cut = 0; cut < CUTS / 2; cut++) {
          await pause((cut + end * 3) % 7);
          client.cut();
          await connect();
        }
      }),
    );
    clearInterval(flowing);
    const received = (client: ResumingClient): string[] => client.taken.map((message) => message.attribute('id') ?? '');
    await eventually(() => device.taken.length >= sent && tool.taken.length >= sent, { within: 20_000 });
    expect(received(device)).toEqual(numbers(sent));
    expect(received(tool)).toEqual(numbers(sent));
    expect(device.taken.concat(tool.taken).filter((message) => message.attribute('type') === 'error')).toEqual([]);
    expect(device.resent + tool.resent).toBeGreaterThan(CUTS / 10);
    expect(broker.faults).toEqual([]);
    await broker.stop();
  },
);
