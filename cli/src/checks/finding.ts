/** `fault`: something does not work or will not; `warning`: it works, and should be looked at. */
export type Verdict = 'ok' | 'warning' | 'fault';

/** What a check found. Faults and warnings have a code by which the documentation explains them. */
export interface Finding {
  /** Name of the check. */
  check: string;
  verdict: Verdict;
  /** Absent when all is well. */
  code?: string;
  /** One sentence, with the names and numbers of this case. */
  sentence: string;
  /** What to do about it. */
  remedy?: string;
}

/** A question about the ground or the running suite, shared by `setup` and `doctor`. */
export interface Check {
  name: string;
  /** Returns one finding for each thing that it looked at, at least one. Never throws for what it looks for. */
  run(): Promise<Finding[]>;
}

/** Names in braces within a text. */
type Holes<T extends string> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never;
export interface Message<S extends string = string, R extends string = string> {
  verdict: Exclude<Verdict, 'ok'>;
  sentence: S;
  remedy: R;
}
type Values<M> = M extends Message<infer S, infer R> ? Record<Holes<S> | Holes<R>, string | number> : never;

export const fault = <const S extends string, const R extends string>(sentence: S, remedy: R): Message<S, R> => ({
  verdict: 'fault',
  sentence,
  remedy,
});
export const warning = <const S extends string, const R extends string>(sentence: S, remedy: R): Message<S, R> => ({
  verdict: 'warning',
  sentence,
  remedy,
});

/** Everything that a check can say, by code. */
export interface Catalogue {
  check: string;
  about: string;
  messages: Readonly<Record<string, Message>>;
}
const catalogues: Catalogue[] = [];
export const allCatalogues = (): readonly Catalogue[] => catalogues;

/** What a check can find; the documentation's table is made of it. Codes are unique over all checks. */
export function defineMessages<const M extends Readonly<Record<string, Message>>>(
  check: string,
  about: string,
  messages: M,
) {
  const known = catalogues.flatMap((catalogue) => Object.keys(catalogue.messages));
  const twice = Object.keys(messages).filter((code) => known.includes(code));
  if (twice.length > 0) throw new Error(`defined twice: ${twice.join(', ')}`);
  catalogues.push({ check, about, messages });
  return {
    ok: (sentence: string): Finding => ({ check, verdict: 'ok', sentence }),
    say<C extends keyof M & string>(code: C, values: Values<M[C]>): Finding {
      const { verdict, sentence, remedy } = messages[code] as Message;
      const known = values as Record<string, string | number>;
      return { check, verdict, code, sentence: fill(sentence, known), remedy: fill(remedy, known) };
    },
  };
}

const fill = (text: string, values: Record<string, string | number>): string =>
  text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
