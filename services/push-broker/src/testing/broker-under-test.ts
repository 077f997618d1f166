import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DynamicModule, Injectable, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Bus, BUS_OPTIONS, BusModule, ConsumesEvent, HandlesRequest, ListensTo } from '@muster/bus';
import {
  type DevicesNotified,
  devicesNotified,
  type ListRevocations,
  listRevocations,
  type PresenceBatch,
  type PresenceChange,
  presenceChanged,
  type PresenceLease,
  presenceLeased,
  type Revocation,
  type RevocationList,
  type ServiceName,
} from '@muster/contracts';
import { createService, drain, loadConfig } from '@muster/service-kit';
import { eventually, type NatsCredentials, PushConnection, type TestAuthority, type TestNats } from '@muster/testing';
import { AppModule } from '../app.module';
import { Listener } from '../core/tls/listener';
import { PushBrokerConfig } from '../push-broker.config';
import { serverFiles, TEST_DOMAIN } from './test-broker';

/** What the web service hears of the broker. */
@Injectable()
export class WebEar {
  readonly leases: PresenceLease[] = [];
  readonly batches: PresenceBatch[] = [];
  readonly notified: string[] = [];

  @ListensTo(presenceLeased)
  leased(lease: PresenceLease): void {
    this.leases.push(lease);
  }

  @ConsumesEvent(presenceChanged)
  async changed(batches: PresenceBatch[]): Promise<void> {
    this.batches.push(...batches);
  }

  @ConsumesEvent(devicesNotified)
  async heard(events: DevicesNotified[]): Promise<void> {
    for (const { deviceIds } of events) this.notified.push(...deviceIds);
  }

  /** Newest change of a device. */
  newest(deviceId: string): PresenceChange | undefined {
    const changes = this.batches.flatMap((batch) => batch.changes).filter((change) => change.deviceId === deviceId);
    return changes.sort((a, b) => a.sequence - b.sequence).at(-1);
  }
}

/** The key manager's list of revocations. */
@Injectable()
export class Revoked {
  readonly list: Revocation[] = [];

  @HandlesRequest(listRevocations)
  async page({ after }: ListRevocations): Promise<RevocationList> {
    return { revocations: this.list.filter(({ sequence }) => sequence > after), sequence: this.list.length };
  }
}

export interface Neighbour<T> {
  bus: Bus;
  part: T;
  stop(): Promise<void>;
}

/** Another service of the suite, as far as the bus is concerned. */
export async function neighbour<T extends object>(
  service: ServiceName,
  nats: TestNats,
  part: new () => T,
): Promise<Neighbour<T>> {
  @Module({})
  class Root {}
  const options: Provider = { provide: BUS_OPTIONS, useValue: { ...nats.credentials(service), service } };
  const settings: DynamicModule = {
    module: class Settings {},
    global: true,
    providers: [options],
    exports: [BUS_OPTIONS],
  };
  const app = await NestFactory.createApplicationContext(
    { module: Root, imports: [settings, BusModule.forService({ service })], providers: [part] },
    { logger: ['error', 'warn'], abortOnError: false },
  );
  await eventually(() => app.get(Bus).connected);
  return { bus: app.get(Bus), part: app.get(part), stop: () => app.close() };
}

/** The whole service in this process, as `main.ts` starts it, and devices that connect to it. */
export class BrokerUnderTest {
  private constructor(
    readonly app: NestFastifyApplication,
    private readonly authority: TestAuthority,
    readonly node: string,
  ) {}

  /** `settings`: variables of the configuration, beside those that every test needs. */
  static async start(
    nats: TestNats,
    authority: TestAuthority,
    stateDir = newStateDir(),
    settings: Record<string, string> = {},
  ): Promise<BrokerUnderTest> {
    const environment = await brokerEnvironment(nats.credentials('push-broker'), authority, stateDir);
    const config = loadConfig(PushBrokerConfig, 'push-broker', { ...environment, ...settings });
    const app = await createService({ service: 'push-broker', module: AppModule, config: PushBrokerConfig }, config);
    await app.listen(0, '127.0.0.1');
    return new BrokerUnderTest(app, authority, config.NODE_NAME);
  }

  connect(deviceId: string): Promise<PushConnection> {
    return connectDevice(this.authority, this.app.get(Listener).port, deviceId);
  }

  async metrics(): Promise<string> {
    return (await fetch(`${await this.app.getUrl()}/-/metrics`)).text();
  }

  stop(): Promise<void> {
    return drain(this.app);
  }
}

/** A device that signs in at a broker on this port, and says that it is there. */
export async function connectDevice(authority: TestAuthority, port: number, deviceId: string): Promise<PushConnection> {
  const client = await authority.device(deviceId, { xmppDomain: TEST_DOMAIN });
  const dial = { address: '127.0.0.1', port, hostName: TEST_DOMAIN, anchors: [authority.rootPem] };
  return PushConnection.open(TEST_DOMAIN, dial, client);
}

/** The variables that every broker under test needs. */
export async function brokerEnvironment(
  { url, user, password }: NatsCredentials,
  authority: TestAuthority,
  stateDir: string,
): Promise<Record<string, string>> {
  const { certificate, anchors } = await serverFiles(authority);
  return {
    NATS_URL: url,
    NATS_USER: user,
    NATS_PASSWORD: password,
    EDGE_SECRET: 'a secret for tests only',
    LOG_LEVEL: 'error',
    XMPP_DOMAIN: TEST_DOMAIN,
    XMPP_HOST: '127.0.0.1',
    XMPP_PORT: '0',
    XMPP_STARTTLS_PORT: '0',
    XMPP_CERT_FILE: certificate,
    XMPP_DEVICE_ANCHORS_FILE: anchors.join(','),
    NODE_NAME: 'broker-1',
    NODE_STATE_DIR: stateDir,
  };
}

export function newStateDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'muster-broker-state-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
