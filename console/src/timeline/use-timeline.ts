import {
  type AuditEntry,
  type InventoryChange,
  listAudit,
  listInventoryChanges,
  listOperations,
  type Operation,
  type OperationPage,
} from '@muster/contracts';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { ApiError } from '../api/api-error';
import { api } from '../api/client';
import { useCursorList } from '../api/use-cursor-list';
import { useMay } from '../session/session-context';
import { merge, type Source, toRead } from './merge';

export const TIMELINE_KINDS = ['operation', 'change', 'audit'] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

export type TimelineRow = { id: string; at: string } & (
  | { kind: 'operation'; operation: Operation }
  | { kind: 'change'; change: InventoryChange }
  | { kind: 'audit'; entry: AuditEntry }
);
const PAGE = 50;

/** What happened to a device, out of the lists that the session may read: newest first. */
export function useTimeline(deviceId: string, only: TimelineKind | undefined) {
  const may = useMay();
  const wanted = (kind: TimelineKind) => only === undefined || only === kind;
  const kinds = {
    operation: wanted('operation') && may(listOperations),
    change: wanted('change') && may(listInventoryChanges),
    audit: wanted('audit') && may(listAudit),
  };
  const operations = useOperations(deviceId, kinds.operation);
  const changes = useCursorList(listInventoryChanges, { deviceId, size: PAGE }, { enabled: kinds.change });
  const audit = useCursorList(listAudit, { deviceId, size: PAGE }, { enabled: kinds.audit });
  const all = [
    { kind: 'operation', query: operations },
    { kind: 'change', query: changes },
    { kind: 'audit', query: audit },
  ] as const;
  const queries = all.filter(({ kind }) => kinds[kind]).map(({ query }) => query);
  const sources: Source<TimelineRow>[] = [];
  if (kinds.operation) {
    const rows = operations.data?.pages.flatMap((page) => page.operations) ?? [];
    sources.push({
      rows: rows.map((operation) => ({ kind: 'operation', id: operation.id, at: operation.createdAt, operation })),
      more: hasMore(operations),
    });
  }
  if (kinds.change) {
    const rows = changes.data?.pages.flatMap((page) => page.changes) ?? [];
    sources.push({
      rows: rows.map((change) => ({ kind: 'change', id: change.id, at: change.at, change })),
      more: hasMore(changes),
    });
  }
  if (kinds.audit) {
    const rows = audit.data?.pages.flatMap((page) => page.entries) ?? [];
    sources.push({
      rows: rows.map((entry) => ({ kind: 'audit', id: String(entry.number), at: entry.at, entry })),
      more: hasMore(audit),
    });
  }
  const next = toRead(sources);
  return {
    rows: merge(sources),
    loading: queries.some(({ isPending }) => isPending),
    errors: queries.flatMap(({ error, refetch }) => (error ? [{ error, retry: () => void refetch() }] : [])),
    older: {
      hasNextPage: next.length > 0,
      isFetchingNextPage: queries.some(({ isFetchingNextPage }) => isFetchingNextPage),
      isFetchNextPageError: false,
      error: null,
      fetchNextPage: () => Promise.all(next.map((index) => queries[index]?.fetchNextPage())),
    },
  };
}

/** A list that failed or has not come yet does not hold the others back: that it is missing is said beside them. */
const hasMore = (query: { hasNextPage: boolean; error: ApiError | null }): boolean => query.hasNextPage && !query.error;

function useOperations(deviceId: string, enabled: boolean) {
  return useInfiniteQuery<OperationPage, ApiError>({
    queryKey: ['timeline-operations', deviceId],
    queryFn: ({ pageParam, signal }) =>
      api.call(listOperations, { query: { deviceId, page: Number(pageParam), size: PAGE } }, signal),
    initialPageParam: 1,
    getNextPageParam: (last, pages) => (pages.length * PAGE < last.total ? pages.length + 1 : undefined),
    placeholderData: keepPreviousData,
    enabled,
  });
}
