/** A client for the relay bench: no more of TURN than allocating and a permission or channel takes. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

const LOCAL = '127.0.0.1';
const COOKIE = 0x2112a442;
const CHANNEL = 0x4001;
const [ALLOCATE, CREATE_PERMISSION, CHANNEL_BIND] = [0x003, 0x008, 0x009];

async function bound() {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: 4 * 1024 * 1024,
    lookup: (address, _options, callback) => callback(null, address, 4),
  });
  // Without names to look up it listens before `bind` returns.
  const listening = once(socket, 'listening');
  socket.bind(0, LOCAL);
  await listening;
  return socket;
}

export async function freePort() {
  const socket = await bound();
  const { port } = socket.address();
  socket.close();
  return port;
}

export async function peerSocket() {
  const socket = await bound();
  const peer = {
    port: socket.address().port,
    onData: () => undefined,
    send: (data, port) => socket.send(data, port, LOCAL),
    close: () => socket.close(),
  };
  socket.on('message', (data) => peer.onData(data));
  return peer;
}

const attribute = (type, value) => {
  const bytes = Buffer.alloc(4 + ((value.length + 3) & ~3));
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
};

const xorAddress = (port) => {
  const value = Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]);
  value.writeUInt16BE(port ^ (COOKIE >>> 16), 2);
  value.writeUInt32BE((0x7f000001 ^ COOKIE) >>> 0, 4);
  return value;
};

function message(type, attributes, key) {
  const head = Buffer.alloc(20);
  head.writeUInt16BE(type, 0);
  head.writeUInt32BE(COOKIE, 4);
  randomBytes(12).copy(head, 8);
  const body = Buffer.concat(attributes);
  head.writeUInt16BE(body.length + (key ? 24 : 0), 2);
  if (!key) return Buffer.concat([head, body]);
  const mac = createHmac('sha1', key).update(head).update(body).digest();
  return Buffer.concat([head, body, attribute(0x0008, mac)]);
}

function attributesOf(answer) {
  const found = new Map();
  for (let at = 20; at + 4 <= answer.length;) {
    const length = answer.readUInt16BE(at + 2);
    found.set(answer.readUInt16BE(at), answer.subarray(at + 4, at + 4 + length));
    at += 4 + ((length + 3) & ~3);
  }
  return found;
}

/** An allocation with its peer permitted (`send`) or on a channel (`channel`). */
export async function openSession({ port, secret, name, peer, way }) {
  const socket = await bound();
  const answers = new Map();
  const session = { relayed: 0, onData: () => undefined };
  socket.on('message', (datagram) => {
    if (datagram[0] >= 0x40) session.onData(datagram.subarray(4));
    else if (datagram.readUInt16BE(0) === 0x0017) session.onData(attributesOf(datagram).get(0x0013));
    else answers.get(datagram.toString('hex', 8, 20))?.(datagram);
  });
  const ask = async (bytes) => {
    const answered = new Promise((resolve) => answers.set(bytes.toString('hex', 8, 20), resolve));
    for (let attempt = 0; attempt < 50; attempt++) {
      socket.send(bytes, port, LOCAL);
      const answer = await Promise.race([answered, pause(200)]);
      if (answer) return answer;
    }
    throw new Error('the server does not answer');
  };
  const transport = attribute(0x0019, Buffer.from([17, 0, 0, 0]));
  const challenge = attributesOf(await ask(message(ALLOCATE, [transport])));
  const [realm, nonce] = [challenge.get(0x0014), challenge.get(0x0015)];
  const username = `${Math.floor(Date.now() / 1000) + 3600}:${name}`;
  const password = createHmac('sha1', secret).update(username).digest('base64');
  const key = createHash('md5').update(`${username}:${realm}:${password}`).digest();
  const credentials = [attribute(0x0006, Buffer.from(username)), attribute(0x0014, realm), attribute(0x0015, nonce)];
  const request = async (method, attributes) => {
    const answer = await ask(message(method, [...attributes, ...credentials], key));
    if (answer.readUInt16BE(0) !== (method | 0x0100)) throw new Error(`method ${method} was refused`);
    return attributesOf(answer);
  };
  const relayed = (await request(ALLOCATE, [transport])).get(0x0016);
  session.relayed = relayed.readUInt16BE(2) ^ (COOKIE >>> 16);
  const peerAddress = attribute(0x0012, xorAddress(peer.port));
  if (way === 'channel') {
    const number = Buffer.from([CHANNEL >> 8, CHANNEL & 255, 0, 0]);
    await request(CHANNEL_BIND, [attribute(0x000c, number), peerAddress]);
  } else await request(CREATE_PERMISSION, [peerAddress]);

  const head = Buffer.from([CHANNEL >> 8, CHANNEL & 255, 0, 0]);
  session.sendOnChannel = (data) => {
    head.writeUInt16BE(data.length, 2);
    socket.send(Buffer.concat([head, data]), port, LOCAL);
  };
  session.sendTo = (data) => socket.send(message(0x0016, [peerAddress, attribute(0x0013, data)]), port, LOCAL);
  session.close = () => socket.close();
  return session;
}
