/** What the tests of packages and archives put into them. */
export const KEY = 'k_0123456789abcdefghijklmnopqrstuvwxyz';
/** Seconds since 1970 that all of their files are from. */
export const EPOCH = 1_763_000_000;
export const SETTINGS = {
  enrolment: [{ hostName: 'itsm.muster-bip.test', port: 443, addresses: ['192.0.2.1'] }],
  anchors: ['-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n'],
  issuedAt: new Date(EPOCH * 1000).toISOString(),
};
