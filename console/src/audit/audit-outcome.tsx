import type { AuditEntry } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { Status } from '../ui/status';

const LOOKS = {
  done: { tone: 'good', mark: 'full' },
  refused: { tone: 'warn', mark: 'ring' },
  failed: { tone: 'bad', mark: 'half' },
} as const;

/** How an action ended. */
export function AuditOutcome({ outcome }: { outcome: AuditEntry['outcome'] }) {
  const t = useText();
  return <Status {...LOOKS[outcome]}>{t(`audit.outcome.${outcome}`)}</Status>;
}
