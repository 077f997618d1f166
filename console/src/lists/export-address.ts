import type { Route } from '@muster/contracts';
import { addressOf } from '../api/client';

export const EXPORT_FORMATS = ['csv', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Address of all rows that match, not of the page that is shown. */
export function exportAddress(
  route: Pick<Route, 'path'>,
  args: { params?: object; query?: object },
  format: ExportFormat,
): string {
  const paging = new Set(['page', 'size', 'after']);
  const filters = Object.entries(args.query ?? {}).filter(([name]) => !paging.has(name));
  return addressOf(route, { params: args.params, query: { ...Object.fromEntries(filters), format } });
}
