import { DEVICE_FACTS } from './device.facts';
import { EMAIL_FACTS } from './email.facts';
import type { FactMapping } from './fact-mapping';
import { IDENTITY_FACTS } from './identity.facts';
import { OPERATION_FACTS } from './operation.facts';
import { RELEASE_FACTS } from './release.facts';
import { SUITE_FACTS } from './suite.facts';

/** Every fact that becomes an entry. */
export const FACTS: readonly FactMapping[] = [
  ...IDENTITY_FACTS,
  ...EMAIL_FACTS,
  ...DEVICE_FACTS,
  ...OPERATION_FACTS,
  ...RELEASE_FACTS,
  ...SUITE_FACTS,
];
