import type { Presence } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { Status } from '../ui/status';
import { PRESENCE_LOOKS } from './presence';

export function PresenceStatus({ presence }: { presence: Presence }) {
  const t = useText();
  return <Status {...PRESENCE_LOOKS[presence]}>{t(`presence.${presence}`)}</Status>;
}
