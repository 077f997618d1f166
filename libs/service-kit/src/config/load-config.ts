import { readFileSync } from 'node:fs';
import { type Class, type Fault, fieldsOf, InvalidInput, parse } from '@muster/contracts';

/** Everything that is wrong with the configuration, in one message. */
export class ConfigFaults extends Error {
  constructor(
    readonly service: string,
    readonly faults: readonly Fault[],
  ) {
    const lines = faults.map((fault) => `  ${fault.field}: ${fault.problem}`);
    super(`The configuration of ${service} has ${faults.length} fault(s):\n${lines.join('\n')}`);
    this.name = 'ConfigFaults';
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const prefixOf = (service: string): string => `${service.toUpperCase().replaceAll('-', '_')}_`;

/**
 * Reads a configuration class from the environment. An empty variable counts as absent. Values never appear in messages.
 * @throws ConfigFaults naming all faults at once
 */
export function loadConfig<C extends { derive(): void }>(
  type: Class<C>,
  service: string,
  env: Environment,
): Readonly<C> {
  const faults: Fault[] = [];
  const given: Record<string, unknown> = {};
  for (const [name, field] of fieldsOf(type)) {
    const value = valueOf(name, prefixOf(service), env, faults);
    if (value !== undefined) given[name] = field.schema['type'] === 'array' ? listOf(value) : value;
  }
  let config: C | undefined;
  try {
    config = parse(type, given, { unknown: 'refuse', coerce: true });
    if (faults.length === 0) config.derive();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const named = new Set(faults.map((fault) => fault.field));
    for (const fault of error.faults) {
      if (named.has(fault.field)) continue;
      faults.push(fault.field in given ? fault : { field: fault.field, problem: `is not set (${fault.problem})` });
    }
  }
  if (faults.length > 0 || !config) throw new ConfigFaults(service, faults);
  return Object.freeze(config);
}

function valueOf(name: string, prefix: string, env: Environment, faults: Fault[]): string | undefined {
  for (const variable of [`${prefix}${name}`, name]) {
    const value = env[variable] || undefined;
    const file = env[`${variable}_FILE`] || undefined;
    if (value !== undefined && file !== undefined) {
      faults.push({ field: name, problem: `both ${variable} and ${variable}_FILE are set` });
      return undefined;
    }
    if (value !== undefined) return value;
    if (file !== undefined) return contentOf(name, variable, file, faults);
  }
  return undefined;
}

function contentOf(name: string, variable: string, file: string, faults: Fault[]): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    faults.push({ field: name, problem: `the file that ${variable}_FILE names cannot be read (${reason})` });
    return undefined;
  }
}

const listOf = (value: string): string[] => value.split(/[\s,]+/).filter((item) => item !== '');
