import { randomBytes, randomUUID } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type {
  DeviceFacts,
  EndpointFunction,
  EndpointMap,
  Enrolled,
  HardwareIdentity,
  InventoryDigests,
} from '@muster/contracts';
import { DeviceKey } from '../device/device-key';
import { HttpConnection, type LoadDial, type LoadReply } from './http-connection';
import { firstTurn, kindOf, type LoadBatch, type LoadKind } from './load-batch';
import { OperationMaker } from './operation-maker';
import { ReportMaker } from './report-maker';
import { SoftwareMaker } from './software-maker';

/** Where a fleet enrols. */
export interface LoadFront {
  address: string;
  port: number;
  hostName: string;
  /** Trusted roots, PEM. */
  anchors: string;
}
/** What became of a batch; status 0 when there was no answer. */
export interface Sent {
  status: number;
  body: string;
  /** Seconds, as `Retry-After` says. */
  retryAfter?: number;
  batch: LoadBatch;
}

/** A device of a load: its own key, certificate and spool, and no more work than a load may cost. */
export class LoadDevice {
  readonly name: string;
  /** Samples and log lines. */
  readonly maker: ReportMaker;
  readonly software: SoftwareMaker;
  readonly operations = new OperationMaker();
  id = '';
  map?: EndpointMap;
  secureContext?: SecureContext;
  private chain = '';
  /** Batches that were not taken yet; they are sent again, with the same sequences, before new ones. */
  private readonly untaken: LoadBatch[] = [];
  private readonly kept = new Map<EndpointFunction, HttpConnection>();
  private turn: number;
  /** A difference begins where the one before it ended: never are two on their way. */
  private inventoryUnderWay = false;

  private constructor(
    number: number,
    private readonly front: LoadFront,
    private readonly key: DeviceKey,
    private readonly certificateRequest: string,
  ) {
    this.name = `load-${number}-${randomBytes(3).toString('hex')}`;
    this.maker = new ReportMaker(number);
    this.software = new SoftwareMaker(number);
    this.turn = firstTurn(number);
  }

  /** Makes key and certificate request, which in reality each device does on its own processor. */
  static async create(number: number, front: LoadFront): Promise<LoadDevice> {
    const key = await DeviceKey.create();
    return new LoadDevice(number, front, key, await key.certificateRequest());
  }

  /** Certificate and key, PEM. */
  get client(): { cert: string; key: string } {
    return { cert: this.chain, key: this.key.pem };
  }

  /** How many batches wait to be taken. */
  get backlog(): number {
    return this.untaken.length;
  }

  /** @throws Error with the answer when it is refused */
  async enrol(registrationKey: string): Promise<void> {
    const { address, port, hostName, anchors } = this.front;
    const connection = new HttpConnection({ address, port, hostName, secureContext: contextOf(anchors) });
    const { certificateRequest } = this;
    const body = { registrationKey, certificateRequest, hardware: newHardware(), facts: factsOf(this.name) };
    const reply = await connection.request('POST', '/enrol', JSON.stringify(body), true);
    connection.close();
    if (reply.status !== 200) throw new Error(`enrolment was answered with ${reply.status}: ${reply.body}`);
    const { certificate, endpointMap } = JSON.parse(reply.body) as Enrolled;
    this.id = certificate.deviceId;
    this.map = JSON.parse(endpointMap.payload) as EndpointMap;
    this.chain = certificate.chain;
    this.secureContext = createSecureContext({ ca: anchors, ...this.client });
  }

  /** Syncs over a connection of its own, as an agent does when it starts. @throws Error when it is refused */
  async sync(): Promise<void> {
    const agentVersion = factsOf('').agentVersion;
    const body = { agentVersion, mapVersion: this.map?.version ?? 0, capacity: 10, reports: [], holding: [] };
    const { status, body: answer } = await this.call('sync', 'POST', '/sync', JSON.stringify(body));
    if (status !== 200) throw new Error(`sync was answered with ${status}: ${answer}`);
  }

  /** One request on a new connection. @throws Error when there was no answer */
  async call(wanted: EndpointFunction, method: string, path: string, body = ''): Promise<LoadReply> {
    const connection = new HttpConnection(this.dial(wanted));
    try {
      return await connection.request(method, path, body, true);
    } finally {
      connection.close();
    }
  }

  /** Sends the oldest batch that was not taken, or a new one of the kind whose turn it is. Never rejects. */
  async report(connection: 'kept' | 'new'): Promise<Sent> {
    return this.send(this.untaken.shift() ?? this.make(kindOf(this.turn++)), connection);
  }

  /** Hands in the whole software section, as an agent does when it starts or the server lost the thread. Never rejects. */
  async sendInventory(connection: 'kept' | 'new' = 'new'): Promise<Sent> {
    this.inventoryUnderWay = true;
    return this.send(this.software.snapshot(), connection);
  }

  /** Digest of the software section as the server has it; undefined while reports wait. @throws Error when it is refused */
  async heldDigest(): Promise<{ digest: string | undefined } | undefined> {
    const { status, body } = await this.call('plugins', 'GET', '/reports/inventory/digests');
    if (status !== 200) throw new Error(`digests were answered with ${status}: ${body}`);
    const { pending, sections } = JSON.parse(body) as InventoryDigests;
    return pending ? undefined : { digest: sections.find(({ section }) => section === 'software')?.digest };
  }

  /** Sends a batch. One that is not taken is kept and sent again by `report`. Never rejects. */
  async send(batch: LoadBatch, connection: 'kept' | 'new'): Promise<Sent> {
    try {
      const text = JSON.stringify(batch.body);
      const reply =
        connection === 'new'
          ? await this.call(batch.to, 'POST', batch.path, text)
          : await this.keptTo(batch.to).request('POST', batch.path, text);
      if (reply.status !== 202) this.untaken.push(batch);
      else if (batch.kind === 'inventory') this.inventoryUnderWay = false;
      return { ...reply, batch };
    } catch (error) {
      this.untaken.push(batch);
      return { status: 0, body: String(error), batch };
    }
  }

  private make(kind: LoadKind): LoadBatch {
    if (kind === 'audit') return this.operations.audit();
    if (kind === 'output') return this.operations.output();
    if (kind === 'samples' || this.inventoryUnderWay) return this.maker.batch();
    this.inventoryUnderWay = true;
    return this.software.sent ? this.software.difference() : this.software.snapshot();
  }

  private keptTo(wanted: EndpointFunction): HttpConnection {
    const connection = this.kept.get(wanted) ?? new HttpConnection(this.dial(wanted));
    this.kept.set(wanted, connection);
    return connection;
  }

  close(): void {
    for (const connection of this.kept.values()) connection.close();
    this.kept.clear();
  }

  /** Where the endpoint map says that a function is. */
  dial(wanted: EndpointFunction): LoadDial {
    const endpoint = this.map?.endpoints.find((one) => one.function === wanted);
    if (!endpoint || !this.secureContext) throw new Error(`this device does not know where ${wanted} is`);
    const { addresses, port, hostName } = endpoint;
    return { address: addresses[0] ?? this.front.address, port, hostName, secureContext: this.secureContext };
  }
}

const contexts = new Map<string, SecureContext>();
function contextOf(anchors: string): SecureContext {
  const context = contexts.get(anchors) ?? createSecureContext({ ca: anchors });
  contexts.set(anchors, context);
  return context;
}

function newHardware(): HardwareIdentity {
  const mac = [...randomBytes(5)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return {
    systemUuid: randomUUID(),
    serialNumber: randomBytes(6).toString('hex').toUpperCase(),
    machineId: randomBytes(16).toString('hex'),
    macs: [`02:${mac}`],
  };
}

const factsOf = (hostName: string): DeviceFacts => ({
  hostName,
  platform: 'linux',
  osName: 'Debian GNU/Linux 12 (bookworm)',
  osVersion: '12',
  kernel: '6.1.0-18-amd64',
  architecture: 'x64',
  memoryBytes: 8 * GB,
  processorCount: 4,
  disks: [{ mountPoint: '/', fileSystem: 'ext4', sizeBytes: 100e9, freeBytes: 60e9 }],
  networks: [{ name: 'eth0', mac: '02:00:00:00:00:01', addresses: ['192.0.2.10'] }],
  languages: ['sh', 'bash', 'python'],
  agentVersion: '0.0.0-load',
});
const GB = 1024 ** 3;
