import { setImmediate as tick } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { WebSockets } from '../../core/transport/websockets';
import { FRAMING_NS, webSocketFraming } from '../../core/transport/websocket-framing';
import { AUTH, BIND, HEADER, PING } from '../dialogue';
import { MemorySocket } from '../memory-socket';
import { TEST_DOMAIN } from '../test-broker';
import { readMessages, type Received } from '../transcript-client';
import { corpus } from './corpus';
import { damaged, generator, pickFrom } from './random';
import { FuzzRig } from './rig';
import { runsOr, SEED } from './settings';
import { stanza } from './stanzas';

const RUNS = runsOr(1500);
const DEVICE = `01900000-0000-7000-8000-00000000000a@${TEST_DOMAIN}`;
const OPEN = `<open xmlns='${FRAMING_NS}' to='${TEST_DOMAIN}' version='1.0'/>`;
const CLOSE = `<close xmlns='${FRAMING_NS}'/>`;
const CLIENT = " xmlns='jabber:client'";

const random = generator(SEED);
const pick = pickFrom(random);
const entries = [...corpus.values()];
/** What a message needs to say itself. */
const own = (xml: string): string => xml.replace(/^<([\w:-]+)(?![^>]*xmlns=)/, `<$1${CLIENT}`);

const SIGN_IN = [OPEN, AUTH, OPEN, own(BIND)];
const certificate = { sha256: 'f'.repeat(64), xmppAddresses: [DEVICE], expiresAt: Number.POSITIVE_INFINITY };

/** One message after the other. */
function messages(): Buffer[] {
  const all: Buffer[] = (random(4) ? SIGN_IN : []).map((text) => Buffer.from(text));
  for (let i = random(6); i > 0; i--) {
    let bytes: Buffer = Buffer.from(
      pick([
        () => own(stanza(random)),
        () => own(stanza(random)),
        () => own(PING),
        () => own(PING),
        () => pick([OPEN, CLOSE, HEADER, AUTH, ' ', '', '<a/><b/>', '<a', '</a>', '<a></b>', '</stream:stream>']),
        () => pick(entries).toString(),
      ])(),
    );
    if (random(3) === 0) bytes = damaged(bytes, random);
    all.push(bytes);
  }
  return all;
}

/** Notes what is written, message by message. */
class MessageSocket extends MemorySocket {
  readonly messages: string[] = [];

  override _write(chunk: Buffer, encoding: BufferEncoding, done: () => void): void {
    this.messages.push(chunk.toString());
    super._write(chunk, encoding, done);
  }
}

it(`answers messages with documents of their own (RFC 7395; seed ${SEED})`, { timeout: 3_600_000 }, async () => {
  const rig = new FuzzRig({ rememberedSessions: 10 });
  let bound = 0;
  for (let run = 0; run < RUNS; run++) {
    const socket = new MessageSocket({ readableObjectMode: true });
    rig.broker.server.accept(socket, { address: '192.0.2.1', certificate }, { framing: webSocketFraming });
    const said = messages();
    const about = `run ${run}: ${said.map((message) => JSON.stringify(message.toString('latin1'))).join(' ')}`;
    for (const message of said) {
      if (message.length > 0) socket.feed(message);
      if (random(2)) await tick();
    }
    await tick();
    await tick();
    socket.cut();
    expect(rig.broker.faults, about).toEqual([]);
    for (const message of socket.messages) {
      const read: Received[] = [];
      readMessages((received) => read.push(received))(Buffer.from(message));
      expect(
        read.map(({ kind }) => kind),
        `${about}\n${message}`,
      ).toEqual(['element']);
    }
    if (socket.output.includes('</jid>')) bound++;
  }
  expect(bound).toBeGreaterThan(RUNS / 3);
  await tick();
  await rig.expectUnharmed();
  rig.end();
});

const REQUEST = [
  'GET /xmpp-websocket HTTP/1.1',
  `Host: ${TEST_DOMAIN}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: xmpp',
  '',
  '',
].join('\r\n');

/** One frame of RFC 6455, section 5.2, mostly as a client makes it. */
function frame(payload: Buffer): Buffer {
  const opcode = random(6) ? 1 : random(16);
  const first = (random(8) ? 0x80 : random(8) << 4) | opcode;
  const masked = random(20) > 0;
  const length = random(20) ? payload.length : random(70_000);
  const size =
    length < 126
      ? Buffer.from([length])
      : length < 65_536
        ? Buffer.from([126, length >> 8, length & 255])
        : Buffer.concat([Buffer.from([127, 0, 0, 0, 0]), Buffer.from([0, length >> 16, length >> 8, length].slice(1))]);
  size[0] = (size[0] ?? 0) | (masked ? 0x80 : 0);
  const mask = Buffer.from(Array.from({ length: masked ? 4 : 0 }, () => random(256)));
  const body = masked ? Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))) : payload;
  return Buffer.concat([Buffer.from([first]), size, mask, body]);
}

it(`takes frames of all kinds (RFC 6455; seed ${SEED})`, { timeout: 3_600_000 }, async () => {
  const rig = new FuzzRig({ rememberedSessions: 10 });
  const webSockets = new WebSockets({
    origins: [],
    timeoutMs: 60_000,
    maxMessageBytes: 262_144,
    maxMessageBytesBefore: 65_536,
  });
  let opened = 0;
  for (let run = 0; run < RUNS; run++) {
    const socket = new MemorySocket();
    socket.on('error', () => undefined);
    webSockets.take(socket, (channel) => {
      opened++;
      return rig.broker.server.accept(channel, { address: '192.0.2.1', certificate }, { framing: webSocketFraming });
    });
    let request: Buffer = Buffer.from(REQUEST);
    if (random(5) === 0) request = damaged(request, random);
    let bytes: Buffer = Buffer.concat([request, ...messages().map(frame)]);
    if (random(3) === 0) bytes = damaged(bytes, random);
    const most = pick([5, 500, bytes.length]);
    for (let at = 0; at < bytes.length;) {
      const length = 1 + random(most);
      socket.feed(bytes.subarray(at, at + length));
      at += length;
      if (random(10) === 0) await tick();
    }
    for (let turn = 0; turn < 4; turn++) await tick();
    socket.cut();
    await tick();
    expect(rig.broker.faults, `run ${run}: ${bytes.toString('base64')}`).toEqual([]);
  }
  expect(opened).toBeGreaterThan(RUNS / 2);
  for (let turn = 0; turn < 10; turn++) await tick();
  await rig.expectUnharmed();
  rig.end();
});
