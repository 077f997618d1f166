import type { InventoryChange } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { Plain } from '../ui/plain';
import { Status } from '../ui/status';
import classes from './changes.module.css';

const LOOKS = {
  appeared: { tone: 'good', mark: 'full' },
  changed: { tone: 'busy', mark: 'half' },
  went: { tone: 'idle', mark: 'ring' },
} as const;

/** Appeared, changed or went. */
export function ChangeKind({ change }: { change: InventoryChange['change'] }) {
  const t = useText();
  return <Status {...LOOKS[change]}>{t(`changes.${change}`)}</Status>;
}

/** What changed, in words, and its fields before and after. */
export function ChangeText({ change }: { change: InventoryChange }) {
  return (
    <>
      <Plain text={change.title} most={200} />
      {change.fields.length > 0 && (
        <ul className={classes.fields}>
          {change.fields.map(({ field, before, after }) => (
            <li key={field}>
              <span className="dim">
                <Plain text={field} />
              </span>{' '}
              <BeforeAfter before={before} after={after} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function BeforeAfter({ before, after }: { before: string | undefined; after: string | undefined }) {
  const t = useText();
  return (
    <>
      {before === undefined ? <span className="dim">–</span> : <Plain text={before} most={120} code />}{' '}
      <span aria-hidden>→</span>
      <span className="visually-hidden">{t('changes.became')}</span>{' '}
      {after === undefined ? <span className="dim">–</span> : <Plain text={after} most={120} code />}
    </>
  );
}
