import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Log } from '@muster/service-kit';
import { ConfiguredAccounts } from '../accounts/accounts-node';
import { EnrolledDevices } from '../accounts/enrolled-devices';
import { isDevice } from '../core/policy';
import { OfflineMessages } from '../features/offline-messages';
import { PushBrokerConfig } from '../push-broker.config';
import { OwnRecords } from '../records/own-records';
import { JetStreamOfflineStore } from './jetstream-offline-store';

/** Offline messages of the running service. */
@Injectable()
export class OfflineNode implements BeforeApplicationShutdown {
  readonly store: JetStreamOfflineStore;
  readonly messages: OfflineMessages;
  private lastFault = '';

  constructor(
    records: OwnRecords,
    config: PushBrokerConfig,
    private readonly log: Log,
    { file }: ConfiguredAccounts,
    devices: EnrolledDevices,
  ) {
    const seconds = config.XMPP_OFFLINE_SECONDS;
    const failed = (error: unknown, doing: string): void => this.failed(error, doing);
    this.store = new JetStreamOfflineStore(records.of(), { limits: config.offlineLimits(), failed });
    this.messages = new OfflineMessages({
      store: this.store,
      seconds,
      queueLength: config.XMPP_QUEUE_LENGTH,
      queueBytes: config.XMPP_QUEUE_BYTES,
      exists: async (local) => (isDevice({ local }) ? devices.has(local) : (await file?.find(local)) !== undefined),
    });
  }

  /** By now the streams are closed: what their peers had not taken is being stored while the bus still stands. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.messages.stop();
    await this.store.stop();
  }

  /** The same fault again and again is told once. */
  private failed(error: unknown, doing: string): void {
    const fault = `${doing}: ${String(error)}`;
    if (fault !== this.lastFault) this.log.warn({ err: error, doing }, 'Offline messages are held up.');
    this.lastFault = fault;
  }
}
