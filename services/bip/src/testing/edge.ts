import { request as forward } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  AskUninstall,
  EDGE_HEADERS,
  type EndpointMap,
  Enrol,
  type Enrolled,
  otherServers,
  parse,
  Sync,
  type SyncReply,
} from '@muster/contracts';
import type { OpensslAuthority } from './openssl-authority';

export const HOST = 'itsm.muster-bip.test';
const ORGANISATION_ID = '01900000-0000-7000-8000-000000000001';

/** TLS in front of `bip` as nginx does it, with just enough of enrolment and sync behind it for an agent to live. */
export class Edge {
  readonly enrolments: Enrol[] = [];
  readonly syncs: Sync[] = [];
  refuseEnrolment = false;
  /** Roots of other CAs that the map lets in for servers. */
  serverAnchors: string[] = [];
  /** Devices may be left by the agent with this token only. */
  uninstallToken?: string;
  answersUninstall = true;
  private readonly server: Server;

  constructor(
    private readonly authority: OpensslAuthority,
    private readonly secret: string,
    private readonly bipPort: () => number,
  ) {
    this.server = createServer(authority.server(`DNS:${HOST},IP:127.0.0.1`), (request, response) => {
      this.answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  /** From now on new connections get a certificate of this authority. */
  showOneOf(authority: OpensslAuthority, names = `DNS:${HOST},IP:127.0.0.1`): void {
    this.server.setSecureContext(authority.server(names));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private uninstall(body: string, response: ServerResponse): void {
    if (!this.answersUninstall) return void response.destroy();
    const { token } = parse(AskUninstall, JSON.parse(body), { unknown: 'drop' });
    if (this.uninstallToken === undefined || token === this.uninstallToken) return void response.writeHead(204).end();
    const refusal = { code: 'request-refused', message: 'It needs the token.', correlationId: 'c' };
    response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(refusal));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/enrol') return this.enrol(await text(request), response);
    if (request.url === '/uninstall') return this.uninstall(await text(request), response);
    if (request.url === '/sync') return this.sync(await text(request), response);
    const headers = { ...request.headers, [EDGE_HEADERS.secret]: this.secret };
    const { method, url: path } = request;
    request.pipe(
      forward({ host: '127.0.0.1', port: this.bipPort(), method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }),
    );
  }

  private enrol(body: string, response: ServerResponse): void {
    const wish = parse(Enrol, JSON.parse(body), { unknown: 'refuse' });
    this.enrolments.push(wish);
    if (this.refuseEnrolment) {
      response.writeHead(403, { 'content-type': 'application/json' });
      return void response.end(
        JSON.stringify({ code: 'key-spent', message: 'The key is spent.', correlationId: 'test' }),
      );
    }
    const deviceId = '01900000-0000-7000-8000-0000000000aa';
    const anchors = [this.authority.rootPem];
    const place = { hostName: HOST, addresses: ['127.0.0.1'], port: this.port, priority: 0, pins: [] };
    const map: EndpointMap = {
      version: 1,
      xmppDomain: 'xmpp.muster-bip.test',
      issuedAt: new Date().toISOString(),
      anchors,
      ...otherServers({ anchors, serverAnchors: this.serverAnchors }),
      endpoints: [{ function: 'sync', path: '/sync', ...place }],
    };
    const in60Days = new Date(Date.now() + 60 * 86_400_000).toISOString();
    const reply: Enrolled = {
      certificate: {
        deviceId,
        organisationId: ORGANISATION_ID,
        chain: this.authority.certify(wish.certificateRequest, deviceId),
        anchors,
        notAfter: in60Days,
        renewAfter: in60Days,
      },
      endpointMap: this.authority.signMap(JSON.stringify(map)),
    };
    response.end(JSON.stringify(reply));
  }

  private sync(body: string, response: ServerResponse): void {
    this.syncs.push(parse(Sync, JSON.parse(body), { unknown: 'refuse' }));
    const reply: SyncReply = {
      operations: [],
      cancels: [],
      settled: [],
      pollAfterSeconds: 10,
      more: false,
      wantFacts: false,
      serverTime: new Date().toISOString(),
    };
    response.end(JSON.stringify(reply));
  }
}
