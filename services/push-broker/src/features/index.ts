import type { Feature } from '../core/feature';
import { capabilities } from './capabilities';
import { certificateExpiry, type CertificateExpiryOptions } from './certificate-expiry';
import { clientState, type ClientStateOptions } from './client-state';
import { delayedDelivery } from './delayed';
import { externalServices, type ExternalServicesOptions } from './external-services';
import { MessagePush } from './message-push';
import type { OfflineMessages } from './offline-messages';
import { ping, type PingOptions } from './ping';
import { presence } from './presence';
import { resourceBinding, type ResourceBindingOptions } from './resource-binding';
import { roster } from './roster';
import { sasl, type SaslOptions } from './sasl';
import type { Revocations } from './sasl-external';
import { serviceDiscovery } from './service-discovery';
import { sessionEstablishment } from './session-establishment';
import { streamLimits } from './stream-limits';
import { streamManagement, type StreamManagementOptions } from './stream-management';
import { entityTime } from './time';
import { starttls } from './starttls';
import { softwareVersion } from './version';

export interface FeatureOptions {
  revocations: Revocations;
  /** How others than devices sign in; they cannot when absent. */
  sasl?: Omit<SaslOptions, 'revocations'>;
  push: MessagePush;
  offline: OfflineMessages;
  ping: PingOptions;
  certificateExpiry: CertificateExpiryOptions;
  resourceBinding: ResourceBindingOptions;
  streamManagement: StreamManagementOptions;
  clientState: ClientStateOptions;
  externalServices: ExternalServicesOptions;
}

/** What the server speaks, in the order in which stream features are offered. */
export const allFeatures = (options: FeatureOptions): Feature[] => [
  starttls,
  sasl({ ...options.sasl, revocations: options.revocations }),
  certificateExpiry(options.certificateExpiry),
  resourceBinding(options.resourceBinding),
  sessionEstablishment,
  streamManagement(options.streamManagement),
  ping(options.ping),
  presence,
  roster,
  delayedDelivery,
  options.offline,
  serviceDiscovery,
  capabilities,
  clientState(options.clientState),
  externalServices(options.externalServices),
  softwareVersion,
  entityTime,
  streamLimits,
  options.push,
];
