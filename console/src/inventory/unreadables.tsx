import type { Unreadable } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { Notice } from '../ui/notice';
import { Plain } from '../ui/plain';
import classes from './inventory.module.css';

/** What the agent may not or cannot read: said, so that nobody takes it for absent. */
export function Unreadables({ unreadable }: { unreadable: readonly Unreadable[] }) {
  const t = useText();
  if (unreadable.length === 0) return null;
  return (
    <div className={classes.unreadable}>
      <Notice tone="warn" title={t('inventory.unreadable')}>
        <ul>
          {unreadable.map(({ what, why }) => (
            <li key={`${what} ${why}`}>
              <Plain text={what} />: <Plain text={why} />
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}
