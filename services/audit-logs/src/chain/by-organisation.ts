/** Splits a batch by organisation, each part in the order it came in: a transaction belongs to one organisation. */
export function byOrganisation<T extends { organisationId: string }>(items: readonly T[]): Map<string, T[]> {
  const parts = new Map<string, T[]>();
  for (const item of items) {
    const part = parts.get(item.organisationId);
    if (part) part.push(item);
    else parts.set(item.organisationId, [item]);
  }
  return parts;
}
