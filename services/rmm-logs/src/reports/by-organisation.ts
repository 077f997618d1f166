import { grouped } from './grouped';

/** Organisations whose share of a batch is stored at the same time. */
const AT_ONCE = 4;

/**
 * Gives each organisation's events to `work`, a few organisations at a time. Every one gets its turn even when another
 * one fails; then the first failure is thrown, so that the batch comes again. What was stored is recognised then.
 */
export async function byOrganisation<E extends { organisationId: string }>(
  events: readonly E[],
  work: (organisationId: string, events: E[]) => Promise<void>,
): Promise<void> {
  const waiting = [...grouped(events, (event) => event.organisationId)];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await work(...next).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failures.length > 0) throw failures[0];
}

/** Parts of at most so many, in order. */
export function* inParts<T>(items: readonly T[], most: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += most) yield items.slice(start, start + most);
}
