import type { AuditEntry } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { Plain } from '../ui/plain';
import { AuditAction } from './audit-action';

/** An entry on one line: what was done, to whom, and who did it. */
export function AuditText({ entry: { actor, action, target } }: { entry: AuditEntry }) {
  const t = useText();
  const by = actor.name || t(`audit.actor.${actor.kind}`);
  const itself = target !== undefined && target.id === actor.id;
  return (
    <>
      <AuditAction action={action} />
      {target?.name && !itself && (
        <>
          {': '}
          <Plain text={target.name} most={80} short />
        </>
      )}{' '}
      <span className="dim">{t('audit.by', { by: cut(by) })}</span>
    </>
  );
}

const cut = (name: string): string => (name.length > 80 ? `${[...name].slice(0, 80).join('')}…` : name);
