import { type EnrolmentAddress, enrol } from '@muster/contracts';
import type { Dialler } from '../net/dialler';
import { HttpClient } from '../net/http-client';
import { readDeviceFacts } from '../platform/device-facts';
import type { Platform } from '../platform/platform';
import type { ServerClock } from '../state/clock';
import type { TrustStore } from '../trust/trust-store';
import type { Identity } from './identity';
import { certificateRequest } from './pkcs10';

export interface EnrolmentParts {
  addresses: readonly EnrolmentAddress[];
  registrationKey: string;
  dialler: Dialler;
  trust: TrustStore;
  identity: Identity;
  platform: Platform;
  clock: ServerClock;
}

/**
 * Enrols this device with its registration key. Asking again with the same device key gives the same device.
 * @throws HttpFailure with the server's reason, or Error when no server was reached or its answer is not to be believed
 */
export async function enrolDevice({
  addresses,
  registrationKey,
  dialler,
  trust,
  identity,
  platform,
  clock,
}: EnrolmentParts): Promise<void> {
  const client = new HttpClient(
    dialler,
    addresses.map((address) => ({ ...address, pins: [] })),
  );
  try {
    const reply = await client.call(enrol, {
      body: {
        registrationKey,
        certificateRequest: certificateRequest(identity.key),
        hardware: platform.hardware(),
        facts: readDeviceFacts(platform),
      },
    });
    const verdict = trust.offer(reply.endpointMap, clock.now());
    if (verdict !== 'taken' && verdict !== 'not-newer')
      throw new Error(`the endpoint map of the server is refused: ${verdict}`);
    identity.keep(reply.certificate);
  } finally {
    client.close();
  }
}
