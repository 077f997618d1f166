import { EXIT, EXIT_MEANINGS } from './exit-codes';
import { allVerbs, type OptionSpec, type OptionSpecs, type Verb } from './verb';

/** Options that every verb has. */
export const COMMON_OPTIONS = {
  json: { type: 'flag', about: 'Write the result as JSON.' },
  help: { type: 'flag', about: 'Say what this does, and do nothing.' },
} as const satisfies OptionSpecs;

export function overview(): string {
  const width = Math.max(...allVerbs().map((verb) => synopsis(verb).length));
  const codes = Object.entries(EXIT) as [keyof typeof EXIT, number][];
  return [
    "muster: the system administrator's command of the Muster endpoint management suite",
    '',
    ...allVerbs().map((verb) => `  muster ${synopsis(verb).padEnd(width)}  ${verb.summary}`),
    '',
    'Every verb knows --help and --json. Exit codes:',
    ...codes.map(([name, code]) => `  ${String(code).padStart(3)}  ${EXIT_MEANINGS[name]}`),
  ].join('\n');
}

export function helpOf(verb: Verb): string {
  const options = Object.entries<OptionSpec>({ ...verb.options, ...COMMON_OPTIONS });
  const left = options.map(([name, spec]) => `--${name}${spec.type === 'flag' ? '' : ` ${spec.value}`}`);
  const width = Math.max(...left.map(({ length }) => length));
  return [
    `muster ${synopsis(verb)}`,
    `  ${verb.summary}`,
    '',
    ...options.map(([, spec], index) => `  ${(left[index] ?? '').padEnd(width)}  ${spec.about}`),
    ...(verb.remarks ? ['', ...verb.remarks.map((line) => `  ${line}`)] : []),
  ].join('\n');
}

const synopsis = ({ name, arguments: names = [] }: Verb): string => [name, ...names].join(' ');
