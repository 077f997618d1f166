import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CertificateMaker } from '../testing/bad-certificates';
import { testFolder } from '../testing/folder';
import { mapSays } from './map-says';
import { noTrust } from './server-trust';

const make = new CertificateMaker(testFolder());
let server: Server;
const asked: (string | undefined)[] = [];
/** What each request is answered, the last one for all that follow. */
let answers: object[];

beforeAll(() => {
  make.authority('root', 'Company root');
  make.server('itsm', ['itsm.company.test'], 'root');
});
afterEach(() => server?.close());

const map = (more: object): object => ({
  payload: JSON.stringify({
    ...{ version: 1, xmppDomain: 'xmpp.company.test', issuedAt: new Date().toISOString(), anchors: ['own'] },
    endpoints: [{ function: 'sync', hostName: 'h', addresses: [], port: 443, path: '/sync', priority: 0, pins: [] }],
    ...more,
  }),
  ...{ signature: 'c2ln', delegation: ['certificate'] },
});
async function serve(...given: object[]) {
  answers = given;
  asked.length = 0;
  server = createServer({ cert: make.read('itsm.crt'), key: make.read('itsm.key') }, (request, response) => {
    asked.push(request.url);
    response.end(JSON.stringify(answers.length > 1 ? answers.shift() : answers[0]));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, serverName: 'itsm.company.test' };
}

describe('waiting for the endpoint map', () => {
  it('ends when it says what is let in, in whatever order and form', async () => {
    const trust = { roots: [make.read('root.crt')], public: true };
    const says = { serverAnchors: [`${make.read('root.crt').trim()}\n\n`], publicServers: true };
    const place = await serve(map({}), map({ serverAnchors: says.serverAnchors }), map(says));
    expect(await mapSays(place, trust, 60)).toBe(true);
    expect(asked).toEqual(['/endpoint-map', '/endpoint-map', '/endpoint-map']);
  });

  it('ends when it says no more than that', async () => {
    const place = await serve(map({ publicServers: true }), map({}));
    expect(await mapSays(place, noTrust, 60)).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('gives up after its time', async () => {
    expect(await mapSays(await serve(map({})), { roots: [], public: true }, 1)).toBe(false);
  });

  it('does not wait where there is nobody to ask, or somebody who knows no map', async () => {
    const place = await serve({ code: 'not-found' });
    expect(await mapSays(place, noTrust, 60)).toBeUndefined();
    server.close();
    expect(await mapSays({ ...place, port: 1 }, noTrust, 60)).toBeUndefined();
  });
});
