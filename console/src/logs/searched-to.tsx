import { useText } from '../messages/use-text';
import { When } from '../ui/when';

/** How far back a search has read so far. */
export function SearchedTo({ at }: { at: string | undefined }) {
  const t = useText();
  if (at === undefined) return null;
  return (
    <span className="dim" role="status">
      {t('logs.searchedTo')} <When at={at} seconds />{' '}
    </span>
  );
}
