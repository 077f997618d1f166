import type { ExitCode } from './exit-codes';
import type { Terminal } from './terminal';

/** An option of a verb. A text takes a value, named for the help; a flag takes none. */
export type OptionSpec =
  | { type: 'text'; value: string; about: string; secret?: true }
  | { type: 'list'; value: string; about: string }
  | { type: 'flag'; about: string };
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;
export type OptionValues<O extends OptionSpecs> = {
  [K in keyof O]: O[K]['type'] extends 'flag' ? boolean : O[K]['type'] extends 'list' ? string[] : string | undefined;
};

/** What a verb gets to work with. */
export interface Call<O extends OptionSpecs = OptionSpecs> {
  options: OptionValues<O>;
  positionals: string[];
  terminal: Terminal;
  environment: Readonly<Record<string, string | undefined>>;
  /** The caller wants JSON on standard output and nothing else there. */
  json: boolean;
}

/** What a verb found: as data for programs, as text for people. */
export interface Result {
  data: unknown;
  text: string;
  exitCode?: ExitCode;
}

/** Another program wrote everything, and ended with this code, which is its own. */
export interface HandedOn {
  exitCode: number;
}

export interface Verb<O extends OptionSpecs = OptionSpecs> {
  /** One word, or two (`cert show`). */
  name: string;
  summary: string;
  /** Positional arguments for the help; those in brackets may be left out, one that ends in `...` repeats. */
  arguments?: readonly string[];
  options: O;
  /** Options are read up to the first other word; that and all after it are positional arguments, whatever they look like. */
  handsOn?: true;
  /** Examples and remarks for the help of this verb. */
  remarks?: readonly string[];
  /** @throws CliError for every foreseen failure. Undefined: everything was written already. */
  run(call: Call<O>): Promise<Result | HandedOn | undefined>;
}

const registered: Verb[] = [];
/** Every verb, in the order in which the help names them. */
export const allVerbs = (): readonly Verb[] => registered;

/** A verb registers itself by being imported. @throws Error on a second one with the same name */
export function defineVerb<O extends OptionSpecs>(verb: Verb<O>): Verb<O> {
  if (registered.some(({ name }) => name === verb.name)) throw new Error(`two verbs are called "${verb.name}"`);
  registered.push(verb as unknown as Verb);
  return verb;
}

/** How many positional arguments a verb takes. */
export function arity({ arguments: names = [] }: Pick<Verb, 'arguments'>): { least: number; most: number } {
  return {
    least: names.filter((name) => !name.startsWith('[')).length,
    most: names.some((name) => name.includes('...')) ? Infinity : names.length,
  };
}
