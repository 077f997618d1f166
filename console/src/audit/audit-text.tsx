import type { AuditEntry } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { Plain } from '../ui/plain';

/** An entry on one line: who did what to whom. */
export function AuditText({ entry: { actor, action, target } }: { entry: AuditEntry }) {
  const t = useText();
  return (
    <>
      <Plain text={actor.name || t(`audit.actor.${actor.kind}`)} most={80} short /> <code>{action}</code>
      {target?.name && (
        <>
          {' '}
          <Plain text={target.name} most={80} short />
        </>
      )}
    </>
  );
}
