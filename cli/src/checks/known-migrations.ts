/** Migrations of this version by schema, oldest first. Written by `npx vitest run -u --project cli known-migrations`. */
// prettier-ignore
export const KNOWN_MIGRATIONS: Readonly<Record<string, readonly string[]>> = {
  audit: [
    'CreateAudit1763697600000',
    'AuditFilters1763701200000',
    'AuditRemoval1763704800000',
  ],
  core: [
    'CreateCore1763683200000',
    'CreateOperations1763690400000',
    'OutputLeaves1763694000000',
    'CreateSavedFilters1763697600000',
    'CreateDeviceInventory1763701200000',
    'DeviceSearch1763704800000',
    'CreateUninstallPolicies1763708400000',
  ],
  downloads: [
    'CreateDownloads1763719200000',
    'HintDevices1763726400000',
  ],
  identity: [
    'CreateIdentity1763600000000',
    'LockOutsTold1763694000000',
    'ToldCertificates1763708400000',
    'Email1763722800000',
  ],
  plugins: [
    'CreatePlugins1763697600000',
  ],
  rmm_logs: [
    'CreateRmmLogs1763712000000',
    'SampleHourSizes1763715600000',
    'OutputOfDevices1763719200000',
    'OutputLifetimes1763722800000',
  ],
};
