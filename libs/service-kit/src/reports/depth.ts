/** Whether an object is nested deeper than `limit` levels, itself the first. Level by level: no depth exhausts the stack. */
export function isDeeperThan(limit: number, value: object): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === limit) return true;
    const next: object[] = [];
    for (const one of level) {
      for (const child of Object.values(one))
        if (typeof child === 'object' && child !== null) next.push(child as object);
    }
    level = next;
  }
  return false;
}
