import { Injectable } from '@nestjs/common';

/** Which methods an address takes; the router itself only knows whether method and address fit together. */
@Injectable()
export class ServedPaths {
  private readonly methods = new Map<string, { matches: RegExp; methods: Set<string> }>();

  /** @param pattern path with `:name` for parameters */
  add(pattern: string, methods: readonly string[]): void {
    const known = this.methods.get(pattern) ?? { matches: matcherOf(pattern), methods: new Set<string>() };
    for (const method of methods) known.methods.add(method);
    this.methods.set(pattern, known);
  }

  /** Methods of an address, sorted; none when nothing is served there. */
  methodsOf(url: string): string[] {
    const path = url.split('?', 1)[0] ?? '';
    const found = [...this.methods.values()].filter((served) => served.matches.test(path));
    return [...new Set(found.flatMap((served) => [...served.methods]))].sort();
  }
}

const matcherOf = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}$`);
