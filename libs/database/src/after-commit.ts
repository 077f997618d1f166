import type { EntityManager, QueryRunner } from 'typeorm';

const waiting = new WeakMap<QueryRunner, Array<() => void>>();

/** Runs something once the manager's transaction is committed, and never if it is not. It must not throw. */
export function afterCommit(manager: EntityManager, callback: () => void): void {
  const runner = manager.queryRunner;
  if (!runner) throw new Error('afterCommit needs the manager of a transaction');
  const callbacks = waiting.get(runner) ?? [];
  callbacks.push(callback);
  waiting.set(runner, callbacks);
}

export function runAfterCommit(runner: QueryRunner): void {
  const callbacks = waiting.get(runner) ?? [];
  waiting.delete(runner);
  for (const callback of callbacks) callback();
}
