/** Token of the service's own `DeviceDirectory`; services that may ask web where devices belong have one without it. */
export const DEVICE_DIRECTORY = Symbol('DEVICE_DIRECTORY');

/** Says to which organisation a device belongs. Asked at each request of a device: keep the answer in memory. */
export interface DeviceDirectory {
  /** Undefined for devices that are unknown or retired. */
  organisationOf(deviceId: string): Promise<{ organisationId: string } | undefined>;
}
