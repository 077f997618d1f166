import { useText } from '../messages/use-text';
import { ExpiryField, fromLocal, toLocal } from './expiry-field';
import type { ListState } from './list-state';

/** A stretch of time as a filter: in the viewer's zone on the screen, as instants in the address. */
export function PeriodFields({ list }: { list: Pick<ListState, 'get' | 'set'> }) {
  const t = useText();
  return (
    <>
      {(['from', 'to'] as const).map((end) => (
        <ExpiryField
          key={end}
          label={t(`lists.${end}`)}
          value={shown(instantOf(list.get(end)))}
          onChange={(local) => list.set({ [end]: fromLocal(local) })}
        />
      ))}
    </>
  );
}

/** An instant out of an address that anybody may have typed. */
export function instantOf(given: string | undefined): string | undefined {
  const at = Date.parse(given ?? '');
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
const shown = (at: string | undefined): string => (at ? toLocal(new Date(at)) : '');
