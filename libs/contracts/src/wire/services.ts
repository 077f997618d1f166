/** Every process that talks on the bus or answers HTTP, by the name of its folder. */
export const SERVICES = [
  'web',
  'key-manager',
  'push-broker',
  'bip',
  'rmm-logs',
  'plugins',
  'audit-logs',
  'downloads',
] as const;
export type ServiceName = (typeof SERVICES)[number];
/** The services that take in what devices report, one stream each. */
export const REPORT_SERVICES = ['rmm-logs', 'plugins', 'audit-logs'] as const satisfies readonly ServiceName[];
export type ReportService = (typeof REPORT_SERVICES)[number];
