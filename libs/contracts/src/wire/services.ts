/** Every process that talks on the bus or answers HTTP, by the name of its folder. */
export const SERVICES = ['web', 'key-manager', 'push-broker', 'bip'] as const;
export type ServiceName = (typeof SERVICES)[number];
