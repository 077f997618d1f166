import { execFileSync } from 'node:child_process';
import { sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import {
  DEFAULT_ORGANISATION_ID,
  type EndpointMap,
  PURPOSE_OIDS,
  type ReportBatch,
  type Signed,
} from '@muster/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestAuthority } from '../authority/test-authority';
import { eventually } from '../process/eventually';
import { SimulatedDevice } from './simulated-device';
import { faultOfSigned } from './verify-signed';

const DEVICE_ID = '01900000-0000-7000-8000-0000000000d1';
const ITSM = 'itsm.muster.localhost';
const WORK = 'work.muster.localhost';
const XMPP = 'xmpp.muster.localhost';

let authority: TestAuthority;
let https: HttpsServer;
let broker: TlsServer;
const seen: Array<{
  path: string;
  host?: string;
  sni: string | false | null;
  client?: string;
  body: unknown;
  encoding?: string;
  remotePort?: number;
}> = [];
const streams: TLSSocket[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
  https = createServer(await tls([ITSM, WORK]), (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const socket = request.socket as TLSSocket;
      const client = socket.authorized ? socket.getPeerX509Certificate()?.subject : undefined;
      const { host, 'content-encoding': encoding } = request.headers;
      const raw = Buffer.concat(chunks);
      const body: unknown = JSON.parse((encoding === 'gzip' ? gunzipSync(raw) : raw).toString() || 'null');
      const { remotePort } = socket;
      seen.push({ path: request.url ?? '', host, sni: socket.servername ?? null, client, body, encoding, remotePort });
      void answer(request.url ?? '', body).then(({ status, reply }) => {
        if (status === 503) response.setHeader('retry-after', 7);
        response.writeHead(status, { 'content-type': 'application/json' }).end(reply && JSON.stringify(reply));
      });
    });
  });
  broker = createTlsServer({ ...(await tls([XMPP])), ALPNProtocols: ['xmpp-client'] }, serveXmpp);
  await Promise.all([https, broker].map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))));
});
afterAll(() => {
  https?.close();
  broker?.close();
  streams.forEach((stream) => stream.destroy());
  authority?.remove();
});

const portOf = (server: HttpsServer | TlsServer): number => (server.address() as AddressInfo).port;
const tls = async (names: string[]) => {
  const { chain, key } = await authority.server(names);
  return { cert: chain, key, ca: authority.rootPem, requestCert: true, rejectUnauthorized: false };
};
const read = (name: string): string => readFileSync(join(authority.dir, name), 'utf8');

function signed(payload: object, purpose: 'operation' | 'endpoint-map'): Signed {
  const text = JSON.stringify(payload);
  const signature = sign('sha256', Buffer.from(text), read(`signing/${purpose}.key`)).toString('base64');
  return { payload: text, signature, delegation: [read(`signing/${purpose}.crt`)] };
}
const map = (): EndpointMap => ({
  version: 1,
  xmppDomain: XMPP,
  issuedAt: new Date().toISOString(),
  anchors: [authority.rootPem],
  endpoints: [
    {
      function: 'sync',
      hostName: WORK,
      addresses: ['127.0.0.1'],
      port: portOf(https),
      path: '/sync',
      priority: 0,
      pins: [],
    },
    {
      function: 'rmm',
      hostName: WORK,
      addresses: ['127.0.0.1'],
      port: portOf(https),
      path: '',
      priority: 0,
      pins: [],
    },
    {
      function: 'push',
      hostName: XMPP,
      addresses: ['127.0.0.1'],
      port: portOf(broker),
      path: '',
      priority: 0,
      pins: [],
    },
  ],
});

/** What the services would say: an enrolment, and a sync with one good and one forged operation. */
async function answer(path: string, body: unknown): Promise<{ status: number; reply?: unknown }> {
  if (path === '/enrol') {
    const { registrationKey } = body as { registrationKey: string };
    if (registrationKey !== 'good') {
      return {
        status: 403,
        reply: { code: 'key-spent', message: 'All its devices are enrolled.', correlationId: 'c' },
      };
    }
    const { chain } = await authority.device(DEVICE_ID, { xmppDomain: XMPP, publicKey: device.key.publicKey });
    const until = new Date(Date.now() + 90 * 86_400_000).toISOString();
    const certificate = {
      deviceId: DEVICE_ID,
      organisationId: DEFAULT_ORGANISATION_ID,
      chain,
      anchors: [authority.rootPem],
      notAfter: until,
      renewAfter: until,
    };
    return { status: 200, reply: { certificate, endpointMap: signed(map(), 'endpoint-map') } };
  }
  if (path === '/reports/rmm') {
    const { reports } = body as { reports: Array<{ kind: string }> };
    if (reports[0]?.kind === 'full') {
      return { status: 503, reply: { code: 'unavailable', message: 'The stream is full.', correlationId: 'c' } };
    }
    return { status: 202, reply: { taken: reports.length, refused: [] } };
  }
  if (path.endsWith('/output')) return { status: 202 };
  if (path !== '/sync') return { status: 204 };
  const good = signed({ purpose: 'operation', operationId: 'o1', deviceId: DEVICE_ID }, 'operation');
  const others = signed({ purpose: 'operation', operationId: 'o2', deviceId: 'another' }, 'operation');
  const forged = { ...good, payload: good.payload.replace('o1', 'o9') };
  const wrongPurpose = signed({ purpose: 'operation', operationId: 'o3', deviceId: DEVICE_ID }, 'endpoint-map');
  const reply = { operations: [good, others, forged, wrongPurpose], cancels: [], settled: [], pollAfterSeconds: 60 };
  return { status: 200, reply };
}

/** As much of a server as the client's part of the conversation needs. */
function serveXmpp(stream: TLSSocket): void {
  streams.push(stream);
  const features = (inner: string): string =>
    `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' ` +
    `from='${XMPP}' version='1.0'><stream:features>${inner}</stream:features>`;
  let opened = 0;
  stream.setEncoding('utf8').on('error', () => undefined);
  stream.on('data', (text: string) => {
    if (text.includes('<stream:stream')) {
      opened += 1;
      stream.write(features(opened === 1 ? '<mechanisms><mechanism>EXTERNAL</mechanism></mechanisms>' : '<bind/>'));
    }
    if (text.includes('<auth')) stream.write(stream.authorized ? '<success/>' : '<failure><not-authorized/></failure>');
    const bind = /<iq type='set' id='([^']+)'><bind/.exec(text);
    if (bind) stream.write(`<iq type='result' id='${bind[1]}'><bind><jid>${DEVICE_ID}@${XMPP}/r1</jid></bind></iq>`);
    if (text.includes('<presence/>')) {
      stream.write(`<iq type='get' id='p1' from='${XMPP}'><ping xmlns='urn:xmpp:ping'/></iq>`);
      stream.write(`<message type='headline' from='${XMPP}'><wake xmlns='urn:muster:push:1'/></mes`);
      setTimeout(() => stream.write('sage>'), 20);
    }
    if (text.includes("id='p1'")) stream.emit('pong');
    if (text.includes('</stream:stream>')) stream.end('</stream:stream>');
  });
}

let device: SimulatedDevice;

describe('a simulated device', () => {
  it('is refused with the reason of the server', async () => {
    device = await SimulatedDevice.create({ front: front() });
    await expect(device.enrol('spent')).rejects.toMatchObject({ code: 'key-spent' });
  });

  it('enrols with a nameless request, dialling by address with the SNI of the front', async () => {
    await device.enrol('good');
    expect(device.id).toBe(DEVICE_ID);
    expect(seen.at(-1)).toMatchObject({
      path: '/enrol',
      sni: ITSM,
      host: `${ITSM}:${portOf(https)}`,
      client: undefined,
    });
    const { certificateRequest } = seen.at(-1)?.body as { certificateRequest: string };
    const text = execFileSync('openssl', ['req', '-noout', '-text', '-verify'], {
      input: certificateRequest,
      encoding: 'utf8',
    });
    expect(text).toMatch(/ASN1 OID: prime256v1/);
    expect(text).toMatch(/Subject:\s*\n/);
  });

  it('syncs with its certificate and believes only what was signed for it, for that purpose', async () => {
    const { operations, refused } = await device.sync({ capacity: 3 });
    expect(seen.at(-1)).toMatchObject({ path: '/sync', sni: WORK, client: `CN=${DEVICE_ID}`, body: { capacity: 3 } });
    expect(operations.map((operation) => operation.operationId)).toEqual(['o1']);
    expect(refused.map((one) => one.reason)).toEqual(['wrong-device', 'bad-signature', 'not-delegated']);
  });

  it('trusts nobody but its anchors', async () => {
    const other = await TestAuthority.create();
    const stranger = await SimulatedDevice.create({ front: { ...front(), anchors: [other.rootPem] } });
    await expect(stranger.enrol('good')).rejects.toThrow(/certificate/);
    expect(faultOfSigned(signed(map(), 'endpoint-map'), 'endpoint-map', [other.rootPem])).toBe('not-delegated');
    expect(faultOfSigned(signed(map(), 'endpoint-map'), 'endpoint-map', [authority.rootPem])).toBeUndefined();
    const later = new Date(Date.now() + 400 * 86_400_000);
    expect(faultOfSigned(signed(map(), 'endpoint-map'), 'endpoint-map', [authority.rootPem], later)).toBe(
      'not-delegated',
    );
  });

  it('numbers its reports for each function and compresses them, over one kept connection', async () => {
    const kept = await SimulatedDevice.create({ front: front(), keepConnections: true });
    kept.certificate = device.certificate;
    kept.map = map();
    // Another key than the certificate's would not connect.
    Object.assign(kept, { key: device.key });
    const log = { kind: 'log', level: 'info', message: 'x'.repeat(2000) };
    expect(await kept.reportTo('rmm', [log, log])).toEqual({ taken: 2, refused: [] });
    await kept.reportTo('rmm', [log]);
    const sent = seen.filter(({ path }) => path === '/reports/rmm');
    const [first, second] = sent.map(({ body }) => body as ReportBatch);
    expect(sent.map(({ encoding }) => encoding)).toEqual(['gzip', 'gzip']);
    expect(new Set(sent.map(({ remotePort }) => remotePort)).size).toBe(1);
    expect(second?.spool).toBe(first?.spool);
    expect([...(first?.reports ?? []), ...(second?.reports ?? [])]).toMatchObject(
      [1, 2, 3].map((sequence) => ({ sequence, kind: 'log', takenAt: expect.any(String) })),
    );
    await expect(kept.appendOutput('o1', [{ number: 0, stream: 'stdout', text: 'hello' }])).resolves.toBeUndefined();
    await expect(kept.reportTo('rmm', [{ kind: 'full' }])).rejects.toMatchObject({
      code: 'unavailable',
      details: { retryAfterSeconds: 7 },
    });
    kept.close();
  });

  it('connects to the broker, answers pings and hears that it is to sync', async () => {
    let woken = 0;
    const connection = await device.connect();
    connection.on('wake', () => (woken += 1));
    let ponged = false;
    streams.at(-1)?.on('pong', () => (ponged = true));
    await eventually(() => woken === 1 && ponged);
    expect(connection.jid).toBe(`${DEVICE_ID}@${XMPP}/r1`);
    await connection.close();
    expect(connection.isOpen).toBe(false);
  });
});

describe('a test authority', () => {
  it('makes what openssl and Node.js agree is a chain with the purposes asked for', async () => {
    const signer = new X509Certificate(read('signing/operation.crt'));
    expect(signer.keyUsage).toEqual([PURPOSE_OIDS.operation]);
    const { chain } = await authority.device(DEVICE_ID, { xmppDomain: XMPP });
    const text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: chain, encoding: 'utf8' });
    expect(text).toMatch(new RegExp(`othername:.*${DEVICE_ID}@${XMPP}`));
    expect(new X509Certificate(chain).verify(new X509Certificate(read('issuing/devices.crt')).publicKey)).toBe(true);
  });

  it('rolls over to a second root and keeps the first', async () => {
    const rolling = await TestAuthority.create();
    const first = rolling.rootPem;
    await rolling.roll();
    expect(rolling.rootPem).not.toBe(first);
    expect(readFileSync(join(rolling.dir, 'roots/root-1.crt'), 'utf8')).toBe(first);
    const signer = new X509Certificate(readFileSync(join(rolling.dir, 'signing/operation.crt')));
    expect(signer.verify(new X509Certificate(rolling.rootPem).publicKey)).toBe(true);
  });

  it('lets devices that know only the first root follow, and an issuing CA delegate nothing', async () => {
    const rolling = await TestAuthority.create();
    const first = [rolling.rootPem];
    await rolling.roll();
    const file = (name: string): string => readFileSync(join(rolling.dir, name), 'utf8');
    const signature = sign('sha256', Buffer.from('text'), file('signing/operation.key')).toString('base64');
    const faultWith = (...more: string[]) => {
      const delegation = [file('signing/operation.crt'), ...more];
      return faultOfSigned({ payload: 'text', signature, delegation }, 'operation', first);
    };
    expect(faultWith()).toBe('not-delegated');
    expect(faultWith(file('cross/root-2.crt'))).toBeUndefined();
    expect(faultWith(file('roots/root-2.crt'))).toBe('not-delegated');
    expect(faultWith(file('issuing/devices.crt'), file('cross/root-2.crt'))).toBe('not-delegated');
  });
});

const front = () => ({ address: '127.0.0.1', port: portOf(https), hostName: ITSM, anchors: [authority.rootPem] });
