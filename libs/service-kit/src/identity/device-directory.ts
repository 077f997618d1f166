/** Token of the service's `DeviceDirectory`; needed by services with routes for devices. */
export const DEVICE_DIRECTORY = Symbol('DEVICE_DIRECTORY');

/** Says to which organisation a device belongs. Asked at each request of a device: keep the answer in memory. */
export interface DeviceDirectory {
  /** Undefined for devices that are unknown or retired. */
  organisationOf(deviceId: string): Promise<{ organisationId: string } | undefined>;
}
