import { createRegistrationKey, type CreateRegistrationKey } from '@muster/contracts';
import { SimulatedDevice, type SimulatedDeviceOptions } from '@muster/testing';
import type { Api } from './api';
import { anchors, httpsPort, ITSM_DOMAIN } from './stack';
import { asAdmin } from './people';

/** The suite's front door as a device dials it. */
export const front = () => ({
  address: '127.0.0.1',
  port: httpsPort,
  hostName: ITSM_DOMAIN,
  anchors: anchors().match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/g) ?? [],
});

export const newDevice = (options: Partial<SimulatedDeviceOptions> = {}): Promise<SimulatedDevice> =>
  SimulatedDevice.create({ front: front(), ...options });

export async function newKey(
  values: Partial<CreateRegistrationKey> = {},
  owner?: Api,
): Promise<{ id: string; key: string }> {
  const api = owner ?? (await asAdmin());
  const { id, key } = await api.call(createRegistrationKey, { body: { name: 'test', ...values } });
  if (!key) throw new Error('who made a registration key was not given it');
  return { id, key };
}

/** A device that is enrolled with a key of its own; in the first organisation unless it is the key of another owner. */
export async function enrolledDevice(
  options: Partial<SimulatedDeviceOptions> = {},
  owner?: Api,
): Promise<SimulatedDevice> {
  const device = await newDevice(options);
  await device.enrol((await newKey({}, owner)).key);
  return device;
}
