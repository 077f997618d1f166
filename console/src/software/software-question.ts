import { SOFTWARE_SOURCES, type SoftwareSource, VERSION_COMPARISONS, type VersionComparison } from '@muster/contracts';
import { known, type ListState } from '../ui/list-state';

/** Which devices have a product, in which version. */
export interface SoftwareQuestion {
  name: string | undefined;
  source: SoftwareSource | undefined;
  comparison: VersionComparison | undefined;
  version: string | undefined;
}

/** The question that the address asks; half a comparison is none. */
export function questionOf(get: ListState['get']): SoftwareQuestion {
  const comparison = known(VERSION_COMPARISONS, get('comparison'));
  const version = get('version')?.slice(0, 200);
  return {
    name: get('name')?.slice(0, 400),
    source: known(SOFTWARE_SOURCES, get('source')),
    comparison: version ? comparison : undefined,
    version: comparison ? version : undefined,
  };
}
