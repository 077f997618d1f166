/** Whether an object is nested deeper than `limit` levels, itself the first. Goes no deeper than that, whatever it is given. */
export function isDeeperThan(limit: number, value: object): boolean {
  if (limit === 0) return true;
  if (Array.isArray(value)) return value.some((child) => isObjectDeeperThan(limit - 1, child));
  // What was read from JSON has no inherited fields.
  for (const key in value) if (isObjectDeeperThan(limit - 1, (value as Record<string, unknown>)[key])) return true;
  return false;
}

const isObjectDeeperThan = (limit: number, value: unknown): boolean =>
  typeof value === 'object' && value !== null && isDeeperThan(limit, value);
