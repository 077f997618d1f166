import { parseArgs } from 'node:util';
import { CliError, EXIT } from './exit-codes';
import { COMMON_OPTIONS, helpOf, overview } from './help';
import type { Terminal } from './terminal';
import { allVerbs, arity, type HandedOn, type OptionSpec, type OptionValues, type Result, type Verb } from './verb';

/** Runs one command line. @returns the exit code */
export async function run(
  words: readonly string[],
  terminal: Terminal,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  try {
    const asked = ['--help', '-h', 'help', undefined].includes(words[0]) ? words.slice(1) : words;
    if (asked !== words) {
      const verb = asked.length > 0 ? findVerb(asked).verb : undefined;
      terminal.print(verb ? helpOf(verb) : overview());
      return words.length > 0 ? EXIT.ok : EXIT.usage;
    }
    if (words[0] === '--version') {
      terminal.print(environment['MUSTER_VERSION'] ?? 'unknown');
      return EXIT.ok;
    }
    const { verb, rest } = findVerb(words);
    const { options, positionals, json, help } = read(verb, rest);
    if (help) {
      terminal.print(helpOf(verb));
      return EXIT.ok;
    }
    const result = await verb.run({ options, positionals, terminal, environment, json });
    return show(result, json, terminal);
  } catch (error) {
    return fail(error, terminal, environment);
  }
}

function show(result: Result | HandedOn | undefined, json: boolean, terminal: Terminal): number {
  if (!result) return EXIT.ok;
  if (!('data' in result)) return result.exitCode;
  if (json) terminal.print(JSON.stringify(result.data, null, 2));
  else if (result.text !== '') terminal.print(result.text);
  return result.exitCode ?? EXIT.ok;
}

function fail(error: unknown, terminal: Terminal, environment: Readonly<Record<string, string | undefined>>): number {
  if (error instanceof CliError) {
    terminal.error(error.message, error.remedy);
    return error.exitCode;
  }
  const fault = error instanceof Error ? error : new Error(String(error));
  terminal.error(
    `a fault of muster itself: ${fault.message}`,
    environment['MUSTER_DEBUG'] ? fault.stack : 'With MUSTER_DEBUG=1 it says where.',
  );
  return EXIT.software;
}

/** The verb with the most words that the line begins with. */
function findVerb(words: readonly string[]): { verb: Verb; rest: string[] } {
  for (const count of [2, 1]) {
    const verb = allVerbs().find(({ name }) => name === words.slice(0, count).join(' '));
    if (verb) return { verb, rest: words.slice(name(verb).length) };
  }
  const near = allVerbs().filter(({ name }) => name.startsWith(`${words[0]} `));
  const known = near.length > 0 ? near.map((verb) => verb.name) : allVerbs().map((verb) => verb.name);
  throw new CliError(EXIT.usage, `there is no verb "${words[0]}".`, `There are: ${known.join(', ')}.`);
}
const name = (verb: Verb): string[] => verb.name.split(' ');

function read(verb: Verb, words: string[]) {
  const specs: Record<string, OptionSpec> = { ...verb.options, ...COMMON_OPTIONS };
  const parsed = parse(verb, verb.handsOn ? apart(words, specs) : words, specs);
  const { least, most } = arity(verb);
  const help = parsed.values['help'] === true;
  if (!help && (parsed.positionals.length < least || parsed.positionals.length > most)) {
    const wanted = verb.arguments?.join(' ') ?? 'no further words';
    const given = parsed.positionals.length === 0 ? 'none' : `"${parsed.positionals.join(' ')}"`;
    throw new CliError(EXIT.usage, `"${verb.name}" takes ${wanted}, and got ${given}.`, `muster ${verb.name} --help`);
  }
  const values: Record<string, boolean | string | string[] | undefined> = {};
  for (const [option, spec] of Object.entries(specs)) {
    const given = parsed.values[option];
    values[option] = spec.type === 'flag' ? given === true : spec.type === 'list' ? (given ?? []) : given;
  }
  const { json, help: _help, ...options } = values;
  return {
    options: options as OptionValues<Verb['options']>,
    positionals: parsed.positionals,
    json: json === true,
    help,
  };
}

/** With a `--` where the words begin that are another program's. */
function apart(words: readonly string[], specs: Readonly<Record<string, OptionSpec>>): string[] {
  let at = 0;
  while (words[at]?.startsWith('-') && words[at] !== '--') {
    const type = specs[words[at]?.replace(/^--/, '') ?? '']?.type;
    at += type === undefined || type === 'flag' ? 1 : 2;
  }
  return words[at] === '--' ? [...words] : [...words.slice(0, at), '--', ...words.slice(at)];
}

function parse(verb: Verb, args: string[], specs: Record<string, OptionSpec>) {
  const options = Object.fromEntries(
    Object.entries(specs).map(([option, { type }]) => [
      option,
      { type: type === 'flag' ? ('boolean' as const) : ('string' as const), multiple: type === 'list' },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true });
    return { values: values as Record<string, boolean | string | string[] | undefined>, positionals };
  } catch (error) {
    // The parser's first sentence names the option and not its value, which may be secret.
    const [sentence = ''] = (error as Error).message.split('. ');
    throw new CliError(EXIT.usage, `${sentence}.`, `muster ${verb.name} --help`);
  }
}
