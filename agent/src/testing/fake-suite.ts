import { createHash, createPublicKey, randomUUID, verify, webcrypto } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import * as x509 from '@peculiar/x509';
import {
  type AgentConfig,
  AppendOutput,
  type DeviceCertificate,
  type Endpoint,
  type EndpointMap,
  Enrol,
  type InventoryDigests,
  type OperationPayload,
  type OperationReport,
  otherServers,
  parse,
  renewalText,
  RenewCertificate,
  type Signed,
  Sync,
  type SyncReply,
} from '@muster/contracts';

import { CLIENT_AUTH, issue, type Issued, makeRoot, makeSigner, SERVER_AUTH, signText } from './certificate-maker';
import { FakeReleases } from './fake-releases';
import { FakeReports } from './fake-reports';
import { DEVICE_ID, ORGANISATION_ID } from './operation-maker';

export const HOST = 'work.muster-agent.test';
const DAY_MS = 86_400_000;

interface Kept {
  signed: Signed;
  reports: OperationReport[];
  output: Map<number, string>;
}

export interface Away {
  retryAfterSeconds: number;
  status?: 429 | 503;
  /** `Retry-After` as a date. */
  asDate?: boolean;
}

/**
 * The server side of an agent's life over real TLS: enrolment, renewal, sync, output and reports, as the contracts say and with
 * the mistakes that a test asks for. Request bodies are read strictly, so a wrong one fails the test.
 */
export class FakeSuite {
  readonly operations = new Map<string, Kept>();
  readonly cancels: Signed[] = [];
  readonly syncs: Sync[] = [];
  readonly enrolments: Enrol[] = [];
  readonly faults: string[] = [];
  readonly reports = new FakeReports();
  /** Offers releases once it is set. */
  releases?: FakeReleases;
  /** Answers reports and output with 503, or another status, and `Retry-After` while set. */
  reportsAway?: Away;
  /** Refuses every batch in which this text is, as a whole. */
  poison?: string;
  /** So many more batches are taken, and their connection is cut instead of an answer. */
  loseReplies = 0;
  /** Refuses the certificate of every request with this code. */
  certificateFault?: 'certificate-required' | 'certificate-refused';
  /** An older map names no server for reports. */
  mapNamesReports = true;
  renewals = 0;
  /** Answers every sync with 503 while set. */
  away = false;
  /** Added to the server's clock. */
  timeOffsetMs = 0;
  anchors: Issued[] = [];
  /** Roots of other CAs that the map lets in for servers. */
  serverAnchors: Issued[] = [];
  /** Whether those who asked for the map without believing the server showed a certificate. */
  readonly mapsAsked: { shown: boolean }[] = [];
  mapVersion = 1;
  pollAfterSeconds = 10;
  digests: InventoryDigests = { sections: [], pending: false, collectSeconds: 3600 };
  certificateDays = { notAfter: 90, renewAfter: 60 };
  push: Pick<Endpoint, 'port'> | undefined;
  private server: Server;
  private issuing: Issued;
  private operationSigner: Issued;
  private releaseSigner: Issued;
  private mapSigner: Issued;
  private readonly challenges = new Set<string>();

  static async start(): Promise<FakeSuite> {
    const suite = new FakeSuite();
    const root = await makeRoot();
    suite.anchors = [root];
    await suite.useRoot(root);
    const leaf = await suite.serverCertificate(root);
    suite.server = createServer(
      { key: leaf.keyPem, cert: leaf.pem, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        suite.answer(request, response).catch((error: Error) => {
          suite.faults.push(`${request.url}: ${error.message}`);
          refuse(response, 500, 'internal', error.message);
        });
      },
    );
    await new Promise<void>((resolve) => suite.server.listen(0, '127.0.0.1', resolve));
    return suite;
  }

  /** From now on everything is signed and issued under this root; `anchors` says what devices are told to trust. */
  async useRoot(root: Issued): Promise<void> {
    this.issuing = await issue({ name: 'Devices', issuer: root, ca: true });
    this.operationSigner = await makeSigner(root, 'operation');
    this.mapSigner = await makeSigner(root, 'endpoint-map');
    this.releaseSigner = await makeSigner(root, 'release');
  }

  /** From now on new connections get this certificate. */
  show({ keyPem, pem }: Pick<Issued, 'keyPem' | 'pem'>): void {
    this.server.setSecureContext({ key: keyPem, cert: pem });
  }

  serverCertificate(root: Issued): Promise<Issued> {
    return issue({ name: HOST, issuer: root, usages: [SERVER_AUTH], hostNames: [HOST] });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get now(): number {
    return Date.now() + this.timeOffsetMs;
  }

  config(): AgentConfig & { registrationKey: string } {
    return {
      enrolment: [{ hostName: HOST, addresses: ['127.0.0.1'], port: this.port }],
      anchors: this.anchors.map(({ pem }) => pem),
      registrationKey: 'test-key',
    };
  }

  /** Puts an operation where the next sync takes it. */
  ask(operation: OperationPayload): Kept {
    const kept: Kept = { signed: this.sign(operation), reports: [], output: new Map() };
    this.operations.set(operation.operationId, kept);
    return kept;
  }

  sign(payload: object): Signed {
    return signText(JSON.stringify(payload), this.operationSigner);
  }

  signRelease(manifest: object): Signed {
    return signText(JSON.stringify(manifest), this.releaseSigner);
  }

  cancel(operationId: string): void {
    const issuedAt = new Date(this.now).toISOString();
    this.cancels.push(
      this.sign({ purpose: 'cancel', operationId, organisationId: ORGANISATION_ID, deviceId: DEVICE_ID, issuedAt }),
    );
  }

  endOf(id: string): OperationReport | undefined {
    return this.operations.get(id)?.reports.find(({ outcome }) => outcome !== 'started');
  }

  /** Output as the console would show it: the chunks in order, up to the first that is missing. */
  outputOf(id: string): string {
    const output = this.operations.get(id)?.output ?? new Map<number, string>();
    let all = '';
    for (let number = 0; output.has(number); number++) all += output.get(number);
    return all;
  }

  signedMap(): Signed {
    const place = { hostName: HOST, addresses: ['127.0.0.1'], priority: 0, pins: [] };
    const map: EndpointMap = {
      version: this.mapVersion,
      xmppDomain: 'xmpp.muster-agent.test',
      issuedAt: new Date(this.now).toISOString(),
      anchors: this.anchors.map(({ pem }) => pem),
      ...otherServers({ anchors: [], serverAnchors: this.serverAnchors.map(({ pem }) => pem) }),
      endpoints: [
        { function: 'enrol', path: '/enrol', port: this.port, ...place },
        { function: 'sync', path: '/sync', port: this.port, ...place },
        { function: 'renew', path: '/renew', port: this.port, ...place },
        ...(this.releases ? [{ function: 'downloads' as const, path: '', port: this.port, ...place }] : []),
        ...(this.mapNamesReports
          ? (['rmm', 'plugins', 'audit'] as const).map((name) => ({
              function: name,
              path: '',
              port: this.port,
              ...place,
            }))
          : []),
        ...(this.push ? [{ function: 'push' as const, path: '', ...place, ...this.push }] : []),
      ],
    };
    return signText(JSON.stringify(map), this.mapSigner);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await buffer(request);
    const compressed = request.headers['content-encoding'] === 'gzip';
    const bytes = compressed ? gunzipSync(raw) : raw;
    const body = JSON.parse(bytes.toString('utf8') || '{}') as unknown;
    const output = /^\/operations\/([^/]+)\/output$/.exec(request.url ?? '');
    if (request.url === '/enrol') return this.enrol(parse(Enrol, body, { unknown: 'refuse' }), response);
    if (request.url === '/renew/challenge') return this.challenge(response);
    if (request.url === '/renew') return this.renew(parse(RenewCertificate, body, { unknown: 'refuse' }), response);
    const shown = Boolean((request.socket as TLSSocket).getPeerCertificate().subject);
    if (request.url === '/endpoint-map') {
      this.mapsAsked.push({ shown });
      return void response.end(JSON.stringify(this.signedMap()));
    }
    if (!shown) return refuse(response, 400, 'certificate-required', 'No certificate.');
    if (this.certificateFault) return refuse(response, 400, this.certificateFault, 'As the test wants.');
    if (this.away) return refuse(response, 503, 'unavailable', 'Away.');
    if (request.url === '/sync') return this.sync(parse(Sync, body, { unknown: 'refuse' }), response);
    if (this.releases?.answer(request, body, response)) return;
    if (this.reportsAway) return this.putOff(response, this.reportsAway);
    if (request.url === '/reports/inventory/digests') return void response.end(JSON.stringify(this.digests));
    if (this.poison && bytes.includes(this.poison)) return refuse(response, 400, 'invalid-input', 'Poisoned.');
    const taken = this.reports.answer(request.url ?? '', body, bytes.length, compressed);
    if (taken && this.loseReplies-- > 0) return void request.socket.destroy();
    if (taken) return void response.writeHead(202).end(JSON.stringify(taken));
    if (output?.[1]) return this.append(output[1], parse(AppendOutput, body, { unknown: 'refuse' }), response);
    refuse(response, 404, 'not-found', `nothing at ${request.url}`);
  }

  private async enrol(wish: Enrol, response: ServerResponse): Promise<void> {
    this.enrolments.push(wish);
    const certificate = await this.certify(wish.certificateRequest);
    response.end(JSON.stringify({ certificate, endpointMap: this.signedMap() }));
  }

  private challenge(response: ServerResponse): void {
    const challenge = randomUUID();
    this.challenges.add(challenge);
    response.end(JSON.stringify({ challenge }));
  }

  private async renew(wish: RenewCertificate, response: ServerResponse): Promise<void> {
    const request = new x509.Pkcs10CertificateRequest(wish.certificateRequest);
    const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
    const digest = createHash('sha256').update(wish.certificateRequest).digest('hex');
    const signed = Buffer.from(renewalText(wish.deviceId, wish.challenge, digest));
    const proven = verify('sha256', signed, { key, dsaEncoding: 'der' }, Buffer.from(wish.signature, 'base64'));
    if (!proven || !this.challenges.delete(wish.challenge))
      return refuse(response, 403, 'request-refused', 'The signature is not right.');
    this.renewals++;
    response.end(JSON.stringify(await this.certify(wish.certificateRequest)));
  }

  private async certify(pem: string): Promise<DeviceCertificate> {
    const request = new x509.Pkcs10CertificateRequest(pem);
    if (!(await request.verify(webcrypto))) throw new Error('the certificate request is not signed by its key');
    const publicKey = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
    const leaf = await issue({ name: DEVICE_ID, issuer: this.issuing, usages: [CLIENT_AUTH], publicKey });
    const inDays = (days: number): string => new Date(this.now + days * DAY_MS).toISOString();
    return {
      deviceId: DEVICE_ID,
      organisationId: ORGANISATION_ID,
      chain: `${leaf.pem}\n${this.issuing.pem}\n`,
      anchors: this.anchors.map((anchor) => anchor.pem),
      notAfter: inDays(this.certificateDays.notAfter),
      renewAfter: inDays(this.certificateDays.renewAfter),
    };
  }

  private sync(given: Sync, response: ServerResponse): void {
    this.syncs.push(given);
    for (const report of given.reports) {
      const reports = this.operations.get(report.operationId)?.reports;
      if (reports && !reports.some(({ outcome }) => outcome === report.outcome)) reports.push(report);
    }
    const holding = new Set(given.holding);
    const waiting = [...this.operations]
      .filter(([id]) => !holding.has(id) && this.endOf(id) === undefined)
      .map(([, kept]) => kept.signed);
    const operations = waiting.slice(0, given.capacity);
    const reply: SyncReply = {
      operations,
      cancels: this.cancels.splice(0),
      settled: given.reports.filter(({ outcome }) => outcome !== 'started').map(({ operationId }) => operationId),
      ...(given.mapVersion < this.mapVersion ? { endpointMap: this.signedMap() } : {}),
      pollAfterSeconds: this.pollAfterSeconds,
      more: waiting.length > operations.length,
      wantFacts: false,
      serverTime: new Date(this.now).toISOString(),
    };
    response.end(JSON.stringify(reply));
  }

  /** By the suite's own clock, which its answers tell. */
  private putOff(response: ServerResponse, { retryAfterSeconds, status = 503, asDate }: Away): void {
    const until = new Date(this.now + retryAfterSeconds * 1000).toUTCString();
    response.setHeader('date', new Date(this.now).toUTCString());
    response.setHeader('retry-after', asDate ? until : retryAfterSeconds);
    if (status === 429) return refuse(response, 429, 'too-many-requests', 'Too many reports.');
    refuse(response, 503, 'unavailable', 'The stream is full.');
  }

  private append(id: string, { chunks }: AppendOutput, response: ServerResponse): void {
    const kept = this.operations.get(id);
    if (!kept) return refuse(response, 404, 'not-found', 'No such operation.');
    for (const { number, text: piece } of chunks) kept.output.set(number, piece);
    response.writeHead(202).end();
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ code, message, correlationId: 'test' }));
}
