import type { EntityManager } from 'typeorm';

/** What is done in the same transaction. */
export type Alongside = (manager: EntityManager) => Promise<void>;
