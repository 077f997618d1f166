import type { Presence } from '@muster/contracts';
import type { Mark, Tone } from '../ui/status';

export const PRESENCE_LOOKS: Readonly<Record<Presence, { tone: Tone; mark: Mark }>> = {
  online: { tone: 'good', mark: 'full' },
  polling: { tone: 'busy', mark: 'half' },
  unknown: { tone: 'warn', mark: 'ring' },
  offline: { tone: 'idle', mark: 'dash' },
};
/** Platforms that agents report, for the filter. */
export const PLATFORMS = ['linux', 'windows', 'macos', 'ios', 'android'] as const;
export type Platform = (typeof PLATFORMS)[number];
