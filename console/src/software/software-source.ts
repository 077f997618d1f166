import { SOFTWARE_SOURCES } from '@muster/contracts';
import type { TextOf } from '../messages/use-text';

/** The choices of a source filter. */
export const sourceChoices = (t: TextOf) => [
  { value: '', label: t('software.anySource') },
  ...SOFTWARE_SOURCES.map((source) => ({ value: source, label: t(`software.source.${source}`) })),
];
