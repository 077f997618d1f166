import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';

export type ListPatch = Readonly<Record<string, string | number | boolean | undefined>>;

export interface ListState {
  page: number;
  size: number;
  get: (name: string) => string | undefined;
  /** Changes parts of the address; anything but `page` starts at page 1 again. With `step`, the browser goes back over it. */
  set: (patch: ListPatch, step?: 'step') => void;
}

export const PAGE_SIZES = [25, 50, 100, 200] as const;
const DEFAULT_SIZE = 50;

/** Page, filters and order of a list live in the address: they can be sent to a colleague and survive a reload. */
export function useListState(): ListState {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (patch: ListPatch, step?: 'step') =>
      setParams((now) => patched(now, patch), { replace: step === undefined, preventScrollReset: true }),
    [setParams],
  );
  return useMemo(() => ({ ...readPaging(params), get: (name) => params.get(name) ?? undefined, set }), [params, set]);
}

/** Paging from an address that anybody may have typed. */
export function readPaging(params: URLSearchParams): { page: number; size: number } {
  const page = Number(params.get('page'));
  const size = Number(params.get('size'));
  return {
    page: Number.isInteger(page) && page >= 1 && page <= 100_000 ? page : 1,
    size: PAGE_SIZES.find((known) => known === size) ?? DEFAULT_SIZE,
  };
}

export function patched(now: URLSearchParams, patch: ListPatch): URLSearchParams {
  const next = new URLSearchParams(now);
  if (!('page' in patch)) next.delete('page');
  for (const [name, value] of Object.entries(patch)) {
    const standard = (name === 'page' && value === 1) || (name === 'size' && value === DEFAULT_SIZE);
    if (value === undefined || value === '' || value === false || standard) next.delete(name);
    else next.set(name, String(value));
  }
  return next;
}

/** A value from the address, if it is one of those that the contract knows. */
export const known = <T extends string>(values: readonly T[], given: string | undefined): T | undefined =>
  values.find((value) => value === given);
