import type { Provider } from '@nestjs/common';
import type { Bus } from '@muster/bus';
import {
  certifyDevice,
  checkRegistrationKey,
  createOrganisationOwner,
  createRegistrationKey,
  listRegistrationKeys,
  type RegistrationKey,
} from '@muster/contracts';
import { newId } from '@muster/database';
import { type Browser, enter } from './browser';
import type { DeviceKey } from './device-key';
import { FIRST_PASSWORD, OWNER_EMAIL, RunningKeyManager } from './running-key-manager';

const OTHER_ORGANISATION = '01900000-0000-7000-8000-0000000000ff';
/** From where devices ask. */
export const DEVICE_ADDRESS = '203.0.113.5';

/** A key manager, owners of two organisations, and the service through which devices enrol. */
export class WithDevices {
  private constructor(
    readonly service: RunningKeyManager,
    readonly web: Bus,
    readonly owner: Browser,
    /** Owner of another organisation. */
    readonly stranger: Browser,
  ) {}

  /** @param listeners what hears the bus as `web` does */
  static async start(listeners: Provider[] = []): Promise<WithDevices> {
    const service = await RunningKeyManager.start();
    const owner = await enter(service.origin, OWNER_EMAIL, FIRST_PASSWORD);
    const web = await service.busOf('web', listeners);
    const { oneTimePassword } = await web.request(createOrganisationOwner, {
      ...{ credential: owner.cookie ?? '', organisationId: OTHER_ORGANISATION },
      ...{ email: 'owner@elsewhere.test', name: 'Other owner' },
    });
    return new WithDevices(service, web, owner, await enter(service.origin, 'owner@elsewhere.test', oneTimePassword));
  }

  /** A key as who made it gets it. */
  async registrationKey(
    wanted: object = {},
    by = this.owner,
  ): Promise<RegistrationKey & Required<Pick<RegistrationKey, 'key' | 'installLines'>>> {
    const { status, body } = await by.call(createRegistrationKey, { body: { name: 'laptops', ...wanted } });
    if (status !== 200 || !body.key || !body.installLines) throw new Error(JSON.stringify(body));
    return { ...body, key: body.key, installLines: body.installLines };
  }

  async certify(key: string, device: DeviceKey, changed: object = {}) {
    const certificateRequest = await device.request();
    const order = { key, address: DEVICE_ADDRESS, proposedDeviceId: newId(), certificateRequest, ...changed };
    return this.web.request(certifyDevice, order);
  }

  check(key: string, device: DeviceKey, address = DEVICE_ADDRESS) {
    return this.web.request(checkRegistrationKey, { key, address, publicKey: device.publicKey });
  }

  readonly stateOf = async (id: string) =>
    (await this.owner.call(listRegistrationKeys)).body.keys.find((key) => key.id === id);

  expire(id: string) {
    return this.service.sql(
      `UPDATE identity.registration_keys SET expires_at = now() - interval '1 minute' WHERE id = $1`,
      [id],
    );
  }

  /** Nobody is held back for what other tests did. */
  forgive() {
    return this.service.sql('DELETE FROM identity.address_failures');
  }

  async stop(): Promise<void> {
    await this.service.stop();
  }
}
