/** A map that holds so many entries: the one that was least recently asked for or set goes. */
export class Recent<V> {
  private readonly entries = new Map<string, V>();

  constructor(private readonly most: number) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: string): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) this.moveToEnd(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.moveToEnd(key, value);
    if (this.entries.size <= this.most) return;
    const [oldest] = this.entries.keys();
    if (oldest !== undefined) this.entries.delete(oldest);
  }

  private moveToEnd(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
  }
}
