import { Module } from '@nestjs/common';
import { Bus, OwnStream } from '@muster/bus';
import { locateDevices } from '@muster/contracts';
import { BusDeviceDirectory, RevocationList } from '@muster/service-kit';
import { AccountsNode, ConfiguredAccounts } from './accounts/accounts-node';
import { EnrolledDevices } from './accounts/enrolled-devices';
import { XmppServer } from './core/server';
import { Listener } from './core/tls/listener';
import { allFeatures } from './features';
import { MessagePush } from './features/message-push';
import { BrokerMetrics } from './metrics/broker-metrics';
import { OfflineMetrics } from './metrics/offline-metrics';
import { XmppNode } from './node/xmpp-node';
import { nextEpoch } from './presence/node-epoch';
import { OfflineNode } from './offline/offline-node';
import { PresenceLedger } from './presence/presence-ledger';
import { PresencePublisher } from './presence/presence.publisher';
import { PresenceRequests } from './presence/presence.requests';
import { PushGround } from './push/push-ground';
import { PushNode } from './push/push-node';
import { PushBrokerConfig } from './push-broker.config';
import { Evictions } from './revocation/evictions';
import { OwnRecords } from './records/own-records';
import { TicketRequests } from './tickets/ticket.requests';
import { TicketsNode } from './tickets/tickets-node';
import { NotifiedPublisher } from './wake/notified.publisher';
import { WakeListener } from './wake/wake.listener';

@Module({
  providers: [
    NotifiedPublisher,
    ConfiguredAccounts,
    {
      provide: MessagePush,
      inject: [NotifiedPublisher],
      useFactory: (notified: NotifiedPublisher) => new MessagePush((session) => notified.add(session.jid.local)),
    },
    {
      provide: EnrolledDevices,
      inject: [Bus, RevocationList, PushBrokerConfig],
      useFactory: (bus: Bus, revocations: RevocationList, config: PushBrokerConfig) => {
        const directory = new BusDeviceDirectory((asked) => bus.request(locateDevices, asked), revocations);
        return new EnrolledDevices(directory, revocations, config.deviceLookup());
      },
    },
    {
      provide: OwnRecords,
      inject: [OwnStream, PushBrokerConfig],
      useFactory: (stream: OwnStream, config: PushBrokerConfig) => new OwnRecords(stream, config.records()),
    },
    OfflineNode,
    {
      provide: XmppServer,
      inject: [PushBrokerConfig, RevocationList, MessagePush, ConfiguredAccounts, OfflineNode],
      useFactory: (
        config: PushBrokerConfig,
        revocations: RevocationList,
        push: MessagePush,
        { file: accounts }: ConfiguredAccounts,
        { messages: offline }: OfflineNode,
      ) =>
        new XmppServer(config.XMPP_DOMAIN, config.limits()).use(
          ...allFeatures({
            revocations,
            sasl: config.signingIn(accounts),
            push,
            offline,
            ping: {
              afterSeconds: config.XMPP_PING_AFTER_SECONDS,
              timeoutSeconds: config.XMPP_PING_TIMEOUT_SECONDS,
            },
            certificateExpiry: {
              graceSeconds: config.XMPP_CERT_EXPIRY_GRACE_SECONDS,
              everySeconds: config.XMPP_CERT_CHECK_SECONDS,
            },
            resourceBinding: { sessionsPerAccount: config.XMPP_SESSIONS_PER_ACCOUNT },
            streamManagement: {
              resumeSeconds: config.XMPP_RESUME_SECONDS,
              queueLength: config.XMPP_QUEUE_LENGTH,
              queueBytes: config.XMPP_QUEUE_BYTES,
              rememberedSessions: config.XMPP_REMEMBERED_SESSIONS,
              ackTimeoutSeconds: config.XMPP_ACK_TIMEOUT_SECONDS,
            },
            clientState: { heldStanzas: config.XMPP_HELD_STANZAS },
            externalServices: config.externalServices(),
          }),
        ),
    },
    {
      provide: Listener,
      inject: [XmppServer, PushBrokerConfig],
      useFactory: (server: XmppServer, config: PushBrokerConfig) => new Listener(server, config.listening()),
    },
    {
      provide: PresenceLedger,
      inject: [PushBrokerConfig],
      useFactory: (config: PushBrokerConfig) =>
        new PresenceLedger(config.NODE_NAME, nextEpoch(config.NODE_STATE_DIR, Date.now())),
    },
    XmppNode,
    AccountsNode,
    PushGround,
    PushNode,
    PresencePublisher,
    PresenceRequests,
    TicketsNode,
    TicketRequests,
    WakeListener,
    Evictions,
    BrokerMetrics,
    OfflineMetrics,
  ],
})
export class AppModule {}
