import { createHash, randomUUID } from 'node:crypto';
import { Agent } from 'node:https';
import {
  type AppendOutput,
  appendOutput,
  askRelease,
  type AskRelease,
  type CancelPayload,
  type DeviceCertificate,
  type DeviceFacts,
  enrol,
  type Enrolled,
  type EndpointFunction,
  type EndpointMap,
  type HardwareIdentity,
  challengeRenewal,
  type OperationPayload,
  type OperationReport,
  type ReleaseAnswer,
  type RenewalChallenge,
  type ReportBatch,
  reportInventory,
  type ReportsTaken,
  reportToAudit,
  reportToRmm,
  reportUpdate,
  renewalText,
  renewCertificate,
  type Signed,
  sync,
  type Sync,
  type SyncReply,
  type UpdateOutcome,
  type WantedRelease,
} from '@muster/contracts';
import { DeviceKey } from './device-key';
import { type ClientCertificate, type Dial, httpsCall } from './https-call';
import { newFacts, newHardware } from './new-facts';
import { PushConnection } from './push-connection';
import { faultOfSigned } from './verify-signed';

export interface SimulatedDeviceOptions {
  /** The console's origin as devices dial it for enrolment. */
  front: Dial;
  hardware?: Partial<HardwareIdentity>;
  facts?: Partial<DeviceFacts>;
  /** Endpoints say where they are; in tests all names may be at one address. Replaces the map's addresses. */
  address?: string;
  /** Keeps one connection to each host between calls; a new one for each call when absent. */
  keepConnections?: boolean;
}

/** Functions that take reports, and by which route. */
const REPORT_ROUTES = { rmm: reportToRmm, plugins: reportInventory, audit: reportToAudit } as const;
export type ReportFunction = keyof typeof REPORT_ROUTES;

/** What a sync brought, verified. */
export interface Received {
  operations: OperationPayload[];
  cancels: CancelPayload[];
  /** Signed texts that the device does not believe, with the reason. */
  refused: Array<{ signed: Signed; reason: string }>;
  reply: SyncReply;
}

/**
 * A device that speaks the real protocols, and runs nothing: tests say what it reports. Its identity is a key that it
 * makes; everything else it learns from the server, and believes only what its pinned roots have signed.
 */
export class SimulatedDevice {
  readonly hardware: HardwareIdentity;
  facts: DeviceFacts;
  certificate?: DeviceCertificate;
  map?: EndpointMap;
  /** Where the next report of a function is numbered. */
  readonly spools = new Map<ReportFunction, { spool: string; sequence: number }>();
  private connections?: Agent;

  private constructor(
    private readonly options: SimulatedDeviceOptions,
    readonly key: DeviceKey,
  ) {
    this.hardware = { ...newHardware(), ...options.hardware };
    this.facts = { ...newFacts(), ...options.facts };
  }

  static async create(options: SimulatedDeviceOptions): Promise<SimulatedDevice> {
    return new SimulatedDevice(options, await DeviceKey.create());
  }

  get id(): string {
    return this.enrolled.deviceId;
  }

  /** Certificate and key as TLS wants them. */
  get client(): ClientCertificate {
    return { chain: this.enrolled.chain, key: this.key.pem };
  }

  /** Enrols with a registration key and pins what it is given. @throws AppError as the server refuses */
  async enrol(registrationKey: string): Promise<Enrolled> {
    const reply = await httpsCall<Enrolled>(this.options.front, {
      method: enrol.method,
      path: enrol.path,
      body: {
        registrationKey,
        certificateRequest: await this.key.certificateRequest(),
        hardware: this.hardware,
        facts: this.facts,
      },
    });
    this.certificate = reply.certificate;
    this.takeMap(reply.endpointMap);
    return reply;
  }

  /** Hands in reports and takes what is pending. */
  async sync(values: Partial<Sync> = {}): Promise<Received> {
    const body: Sync = {
      agentVersion: this.facts.agentVersion,
      mapVersion: this.map?.version ?? 0,
      capacity: 10,
      reports: [],
      holding: [],
      ...values,
    };
    const reply = await this.call<SyncReply>('sync', sync, sync.path, body);
    if (reply.endpointMap) this.takeMap(reply.endpointMap);
    const received: Received = { operations: [], cancels: [], refused: [], reply };
    for (const signed of reply.operations) this.judge(signed, received, received.operations);
    for (const signed of reply.cancels) this.judge(signed, received, received.cancels);
    return received;
  }

  /** Hands in one report. */
  report(
    operationId: string,
    outcome: OperationReport['outcome'],
    more: Partial<OperationReport> = {},
  ): Promise<Received> {
    return this.sync({ reports: [{ operationId, outcome, at: new Date().toISOString(), ...more }] });
  }

  appendOutput(operationId: string, chunks: AppendOutput['chunks']): Promise<void> {
    return this.call('rmm', appendOutput, appendOutput.path.replace(':id', operationId), { chunks });
  }

  /**
   * Hands in reports, numbered as those of one spool: each with its `kind` and what else its contract asks for; `takenAt`
   * is now unless given. @throws AppError as the server refuses the batch
   */
  reportTo(name: ReportFunction, reports: readonly object[]): Promise<ReportsTaken> {
    return this.send(name, this.batchOf(name, reports));
  }

  /** Numbers reports without sending them, for tests that send them twice or otherwise than an agent does. */
  batchOf(name: ReportFunction, reports: readonly object[]): ReportBatch {
    const own = this.spools.get(name) ?? { spool: randomUUID(), sequence: 1 };
    this.spools.set(name, own);
    const sentAt = new Date().toISOString();
    return {
      spool: own.spool,
      sentAt,
      reports: reports.map((report) => ({ takenAt: sentAt, ...report, sequence: own.sequence++ })),
    };
  }

  send(name: ReportFunction, batch: ReportBatch): Promise<ReportsTaken> {
    const route = REPORT_ROUTES[name];
    return this.call(name, route, route.path, batch);
  }

  /** Which release it should run, verified; undefined: the one that it does. @throws Error for one that is not signed */
  async wantedRelease(version = this.facts.agentVersion): Promise<WantedRelease | undefined> {
    const body: AskRelease = { version, platform: 'linux-x64' };
    const { release } = await this.call<ReleaseAnswer>('downloads', askRelease, askRelease.path, body);
    const fault = release && faultOfSigned(release.manifest, 'release', this.anchors);
    if (fault) throw new Error(`the release is not to be believed: ${fault}`);
    return release;
  }

  reportUpdate(releaseId: string, outcome: UpdateOutcome): Promise<void> {
    return this.call('downloads', reportUpdate, reportUpdate.path.replace(':id', releaseId), outcome);
  }

  /** Ends kept connections. */
  close(): void {
    this.connections?.destroy();
  }

  /** Renews by the key alone, without a client certificate, as after a long sleep. */
  async renew(): Promise<DeviceCertificate> {
    const { challenge } = await httpsCall<RenewalChallenge>(this.options.front, {
      method: challengeRenewal.method,
      path: challengeRenewal.path,
    });
    const certificateRequest = await this.key.certificateRequest();
    const digest = createHash('sha256').update(certificateRequest).digest('hex');
    this.certificate = await httpsCall<DeviceCertificate>(this.options.front, {
      method: renewCertificate.method,
      path: renewCertificate.path,
      body: {
        deviceId: this.id,
        challenge,
        certificateRequest,
        signature: this.key.sign(renewalText(this.id, challenge, digest)),
      },
    });
    return this.certificate;
  }

  /** Connects to the broker. */
  connect(): Promise<PushConnection> {
    const domain = this.map?.xmppDomain;
    if (!domain) throw new Error('the device is not enrolled');
    return PushConnection.open(domain, this.dial('push').dial, this.client);
  }

  /** Where the endpoint map says that a function is. */
  dial(wanted: EndpointFunction): { dial: Dial; path: string } {
    const endpoints = (this.map?.endpoints ?? []).filter((endpoint) => endpoint.function === wanted);
    const endpoint = endpoints.sort((left, right) => left.priority - right.priority)[0];
    if (!endpoint) throw new Error(`the endpoint map has no ${wanted}`);
    const address = this.options.address ?? endpoint.addresses[0] ?? endpoint.hostName;
    return {
      dial: { address, port: endpoint.port, hostName: endpoint.hostName, anchors: this.anchors },
      path: endpoint.path,
    };
  }

  private get enrolled(): DeviceCertificate {
    if (!this.certificate) throw new Error('the device is not enrolled');
    return this.certificate;
  }

  /** The map may carry a further root while one rolls over. */
  private get anchors(): readonly string[] {
    return this.map?.anchors ?? this.enrolled.anchors;
  }

  private call<R>(
    wanted: EndpointFunction,
    { method, gzip: compressed }: { method: string; gzip?: boolean },
    path: string,
    body: unknown,
  ): Promise<R> {
    if (this.options.keepConnections) this.connections ??= new Agent({ keepAlive: true, maxSockets: 1 });
    const { client, connections: agent } = this;
    return httpsCall<R>(this.dial(wanted).dial, { method, path, body, client, compressed, agent });
  }

  private takeMap(signed: Signed): void {
    const fault = faultOfSigned(signed, 'endpoint-map', this.anchors);
    if (fault) throw new Error(`the endpoint map is not to be believed: ${fault}`);
    const map = JSON.parse(signed.payload) as EndpointMap;
    if (!this.map || map.version > this.map.version) this.map = map;
  }

  private judge<T extends { deviceId: string }>(signed: Signed, received: Received, accepted: T[]): void {
    const fault = faultOfSigned(signed, 'operation', this.anchors);
    const payload = JSON.parse(signed.payload) as T;
    const reason = fault ?? (payload.deviceId === this.id ? undefined : 'wrong-device');
    if (reason) received.refused.push({ signed, reason });
    else accepted.push(payload);
  }
}
