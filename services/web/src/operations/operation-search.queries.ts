import type { EntityManager } from 'typeorm';
import { containing } from '../devices/search';

/** Up to so many devices or operations of requests are looked up one by one; beyond, reading all operations is cheaper. */
const FEW_DEVICES = 5_000;
const FEW_OPERATIONS = 50_000;

/** Requests with the text `$2` in their title or requester. */
const BATCHES = `SELECT id FROM core.operation_batches
  WHERE organisation_id = $1 AND (lower(title) LIKE $2 OR lower(requested_by) LIKE $2)`;
/** Devices with it in their name. The first condition says less and costs less. */
const DEVICES = `SELECT id FROM core.devices
  WHERE organisation_id = $1 AND search_text LIKE $2 AND lower(name) LIKE $2`;

export interface OperationSearch {
  /** Condition for `core.operations o`, with `$1` the organisation and the parameters that follow it. */
  condition: string;
  parameters: unknown[];
}

/**
 * What finds the operations whose request or device has this text. Requests and devices are far fewer than operations
 * and are searched first: when they are few, their operations are found by index.
 */
export async function searchOperations(
  manager: EntityManager,
  organisationId: string,
  search: string,
): Promise<OperationSearch> {
  const pattern = containing(search);
  const [hits]: Array<{ batches: string[]; devices: string[]; operations: number }> = await manager.query(
    `WITH batches AS MATERIALIZED (${BATCHES}), devices AS MATERIALIZED (${DEVICES})
     SELECT ARRAY(SELECT id FROM batches) AS batches,
            ARRAY(SELECT id FROM devices LIMIT ${FEW_DEVICES + 1}) AS devices,
            (SELECT coalesce(sum(device_count), 0)::int FROM core.operation_batches
              WHERE organisation_id = $1 AND id IN (SELECT id FROM batches)) AS operations`,
    [organisationId, pattern],
  );
  const { batches = [], devices = [], operations = 0 } = hits ?? {};
  // Requests alone: an index holds them in the order that counting needs.
  if (devices.length === 0) return { condition: 'o.batch_id = ANY($2::uuid[])', parameters: [batches] };
  if (devices.length > FEW_DEVICES || operations > FEW_OPERATIONS) {
    return { condition: `(o.batch_id IN (${BATCHES}) OR o.device_id IN (${DEVICES}))`, parameters: [pattern] };
  }
  const own = 'SELECT id FROM core.operations WHERE organisation_id = $1 AND';
  return {
    condition: `o.id IN (${own} batch_id = ANY($2::uuid[]) UNION ${own} device_id = ANY($3::uuid[]))`,
    parameters: [batches, devices],
  };
}
