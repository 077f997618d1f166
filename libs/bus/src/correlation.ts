import { AsyncLocalStorage } from 'node:async_hooks';

const store = new AsyncLocalStorage<string>();

/** The id that ties together all logs of what one call set off; undefined outside any. */
export const currentCorrelationId = (): string | undefined => store.getStore();

/** Runs `work`, and whatever it starts, under a correlation id. Every entry to a process does this: HTTP and bus. */
export const withCorrelationId = <T>(id: string, work: () => T): T => store.run(id, work);
