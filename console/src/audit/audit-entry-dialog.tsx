import { Button } from '@mantine/core';
import type { AuditEntry } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { Dialog } from '../ui/dialog';
import { type Fact, FactList } from '../ui/fact-list';
import form from '../ui/form.module.css';
import type { ListPatch } from '../ui/list-state';
import { Plain } from '../ui/plain';
import { When } from '../ui/when';
import { actionText } from './audit-action';
import { AuditOutcome } from './audit-outcome';

interface AuditEntryDialogProps {
  entry: AuditEntry | undefined;
  onClose: () => void;
  onFilter: (patch: ListPatch) => void;
}

/** One link of the chain with everything that it says, and the way to others like it. */
export function AuditEntryDialog({ entry, onClose, onFilter }: AuditEntryDialogProps) {
  const t = useText();
  return (
    <Dialog
      opened={entry !== undefined}
      onClose={onClose}
      size="xl"
      title={entry ? t('audit.entry', { number: entry.number }) : ''}
    >
      {entry && <EntryView entry={entry} onFilter={onFilter} />}
    </Dialog>
  );
}

function EntryView({ entry, onFilter }: { entry: AuditEntry; onFilter: (patch: ListPatch) => void }) {
  const t = useText();
  const { actor, target } = entry;
  const text = (value: string | undefined, code = false) => value && <Plain text={value} code={code} lines />;
  const facts: Fact[] = [
    [t('audit.at'), <When key="at" at={entry.at} seconds />],
    [
      t('audit.action'),
      <span key="action">
        {actionText(t, entry.action)} <code className="dim">{entry.action}</code>
      </span>,
    ],
    [t('audit.outcome'), <AuditOutcome key="outcome" outcome={entry.outcome} />],
    [t('audit.actor'), text(`${actor.name} (${t(`audit.actor.${actor.kind}`)})`)],
    [t('audit.actorId'), text(actor.id, true)],
    [t('audit.address'), text(actor.address, true)],
    [t('audit.target'), target && text(target.name === undefined ? target.kind : `${target.name} (${target.kind})`)],
    [t('audit.targetId'), text(target?.id, true)],
    [t('deadLetters.correlation'), text(entry.correlationId, true)],
    [t('audit.hash'), text(entry.hash, true)],
  ];
  return (
    <div className={form.form}>
      <FactList facts={facts} />
      {entry.details.length > 0 && (
        <section aria-label={t('audit.details')} className={form.prose}>
          <h3>{t('audit.details')}</h3>
          <FactList
            facts={entry.details.map(({ name, value }, index) => [
              name,
              <Plain key={index} text={value} most={600} lines />,
            ])}
          />
        </section>
      )}
      <div className={form.buttons}>
        {actor.id && (
          <Button variant="default" onClick={() => onFilter({ actor: actor.id })}>
            {t('audit.sameActor')}
          </Button>
        )}
        {target?.id && (
          <Button variant="default" onClick={() => onFilter({ target: target.id })}>
            {t('audit.sameTarget')}
          </Button>
        )}
        <Button variant="default" onClick={() => onFilter({ action: entry.action })}>
          {t('audit.sameAction')}
        </Button>
      </div>
    </div>
  );
}
