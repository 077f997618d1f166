import type { EndpointFunction } from '@muster/contracts';

export const LOAD_KINDS = ['samples', 'audit', 'inventory', 'output'] as const;
export type LoadKind = (typeof LOAD_KINDS)[number];

/** One request of a device: where it goes, and what of it must be stored once it was answered with 202. */
export interface LoadBatch<B extends object = object> {
  kind: LoadKind;
  to: EndpointFunction;
  path: string;
  /** The spool; for output the operation. */
  spool: string;
  /** Numbers in the spool; for output of the pieces. */
  sequences: number[];
  /** How many of its reports are samples. */
  samples: number;
  body: B;
}

/** Batches in one round of the mix: 100 of samples, 5 of audit, 2 of inventory, 3 of output. */
const ROUND = 110;

/** What kind a device's batch number `turn` is of: the rare kinds are spread evenly over the round. */
export function kindOf(turn: number): LoadKind {
  const place = turn % ROUND;
  if (place % 22 === 21) return 'audit';
  if (place % 55 === 50) return 'inventory';
  return place % 36 === 30 ? 'output' : 'samples';
}

/** Where in the round a device begins, so that a fleet's rare batches do not come all at once. */
export const firstTurn = (number: number): number => (number * 69) % ROUND;
