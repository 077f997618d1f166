import type { MessageId } from '../messages/languages';
import type { TextOf } from '../messages/use-text';
import { PLATFORMS } from './presence';

/** The platform's name; one that this console does not know keeps the name that the agent gave. */
export function platformName(t: TextOf, platform: string): string {
  const known = PLATFORMS.find((name) => name === platform);
  return known ? t(`platform.${known}` satisfies MessageId) : platform;
}
