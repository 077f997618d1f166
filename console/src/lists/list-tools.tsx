import type { Route } from '@muster/contracts';
import type { CallArgs } from '../api/client';
import { ExportMenu } from './export-menu';
import { SavedFilters } from './saved-filters';

interface ListToolsProps<C extends Route> {
  /** Names the list for saved filters: its path in the console. */
  list: string;
  route: C;
  args: CallArgs<C>;
}

/** What every list with filters offers: saved filters, and all of its rows as a file. */
export function ListTools<C extends Route>({ list, route, args }: ListToolsProps<C>) {
  return (
    <>
      <SavedFilters list={list} />
      <ExportMenu route={route} args={args} />
    </>
  );
}
