import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Child, eventually } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mapSays } from '../certificates/map-says';
import { clockSkewCheck } from './clock';
import { edgeCheck } from './edge';
import type { Check } from './finding';
import { hubTrustCheck } from './link';
import { pushCheck } from './push';
import { xmppCheck } from './xmpp';

/** Takes no connection, so that the system drops attempts once one or two wait: as across a cable that is cut. */
const DEAF = `
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    process.stdout.write(server.address().port + '\\n');
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 100);
  });`;
const host = '127.0.0.1';
const child = new Child(process.execPath, ['-e', DEAF]);
const waiting: Socket[] = [];
let port: number;

beforeAll(async () => {
  port = Number(await eventually(async () => (await pause(300), child.lastOutput.trim() || undefined)));
  await eventually(async () => {
    const attempt = connect(port, host).on('error', () => undefined);
    waiting.push(attempt);
    await pause(500);
    return attempt.connecting;
  });
});
afterAll(async () => {
  waiting.forEach((socket) => socket.destroy());
  await child.stop('SIGKILL');
});

it.concurrent.each<[string, () => Check, string[]]>([
  ['edge', () => edgeCheck({ host, port, name: 'itsm.test' }), ['edge-unreachable']],
  ['clock', () => clockSkewCheck({ host, port, name: 'itsm.test' }), ['clock-not-compared']],
  ['push', () => pushCheck({ host, port }), ['push-unreachable']],
  ['xmpp', () => xmppCheck({ host, port, domain: 'xmpp.test', roots: [] }), ['xmpp-unreachable']],
  ['link', () => hubTrustCheck({ host, port, name: 'itsm.test', roots: [] }), []],
])(
  '%s: who lets nobody in is given up after seconds',
  async (_name, check, codes) => {
    expect((await check().run()).map(({ code }) => code)).toEqual(codes);
  },
  45_000,
);

it.concurrent(
  'the endpoint map: who lets nobody in is nobody to ask',
  async () => {
    expect(await mapSays({ host, port, serverName: 'itsm.test' }, { roots: [], public: false }, 1)).toBeUndefined();
  },
  45_000,
);
