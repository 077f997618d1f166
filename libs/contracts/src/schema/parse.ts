import { type ValidationError, validateSync } from 'class-validator';
import { allHold, isPlain } from './holds';
import { type Class, type FieldRecord, fieldsOf, hasDefaults } from './registry';

/** One thing that is wrong with an input: where, and what would be right. */
export interface Fault {
  field: string;
  problem: string;
}

export class InvalidInput extends Error {
  constructor(readonly faults: Fault[]) {
    super(faults.map((fault) => `${fault.field}: ${fault.problem}`).join('; '));
  }
}

export interface ParseOptions {
  /** `refuse` for people (a typo is an error), `drop` for devices and services (new agent, old server). */
  unknown: 'refuse' | 'drop';
  /** Turn text into numbers, booleans and lists where the field asks for them: query strings. */
  coerce?: boolean;
}

/**
 * Turns untrusted JSON into an instance of a contract class. What its fields' predicates hold for is accepted; anything
 * else goes to class-validator, which decides (about fifty times slower).
 * @throws InvalidInput with every fault at once
 */
export function parse<T extends object>(type: Class<T>, input: unknown, options: ParseOptions): T {
  const faults: Fault[] = [];
  const instance = build(type, input, options, '', faults);
  if (faults.length === 0 && !allHold(type, instance))
    collect(validateSync(instance, { forbidUnknownValues: false }), '', faults);
  if (faults.length > 0) throw new InvalidInput(faults);
  return instance as T;
}

/**
 * As `parse` with unknown fields dropped, for what one of our own services made: an input in which everything holds is
 * given back itself, not copied, so that what its contract does not know stays in it.
 * @throws InvalidInput with every fault at once
 */
export const accept = <T extends object>(type: Class<T>, input: unknown): T =>
  isPlain(input) && !hasDefaults(type) && allHold(type, input) ? (input as T) : parse(type, input, { unknown: 'drop' });

/** Copies the declared fields only, so that a reply never carries more than its contract says. Dates become text. */
export function shape<T extends object>(type: Class<T>, value: object): T {
  const out: Record<string, unknown> = {};
  for (const [name, field] of fieldsOf(type)) {
    const item = (value as Record<string, unknown>)[name];
    if (item === undefined || (item === null && field.optional)) continue;
    out[name] = shapeField(field, item);
  }
  return out as T;
}

function shapeField(field: FieldRecord, item: unknown): unknown {
  if (item instanceof Date) return item.toISOString();
  if (!field.nested) return item;
  const type = field.nested();
  return Array.isArray(item) ? item.map((entry: object) => shape(type, entry)) : shape(type, item as object);
}

function build(type: Class, input: unknown, options: ParseOptions, path: string, faults: Fault[]): object {
  const instance = new type() as Record<string, unknown>;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    faults.push({ field: path || '(body)', problem: 'must be an object' });
    return instance;
  }
  const declared = fieldsOf(type);
  const given = input as Record<string, unknown>;
  if (options.unknown === 'refuse') {
    for (const name of Object.keys(given)) {
      if (!declared.has(name)) faults.push({ field: path + name, problem: 'is not a known field' });
    }
  }
  for (const [name, field] of declared) {
    if (!Object.hasOwn(given, name)) continue;
    const value = options.coerce ? coerce(field, given[name]) : given[name];
    if (value === undefined || value === null) continue;
    instance[name] = field.nested ? buildNested(field.nested(), value, options, path + name, faults) : value;
  }
  return instance;
}

function buildNested(type: Class, value: unknown, options: ParseOptions, path: string, faults: Fault[]): unknown {
  if (!Array.isArray(value)) return build(type, value, options, `${path}.`, faults);
  return value.map((entry, index) => build(type, entry, options, `${path}[${index}].`, faults));
}

function coerce(field: FieldRecord, value: unknown): unknown {
  const wanted = field.schema['type'];
  if (wanted === 'array') return Array.isArray(value) ? value : [value];
  if (typeof value !== 'string') return value;
  if ((wanted === 'integer' || wanted === 'number') && value.trim() !== '') return Number(value);
  if (wanted === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  return value;
}

function collect(errors: ValidationError[], path: string, faults: Fault[]): void {
  for (const error of errors) {
    const here = path + error.property;
    const problem = Object.values(error.constraints ?? {})[0];
    if (problem) faults.push({ field: here, problem: problem.replace(`${error.property} `, '') });
    if (error.children?.length) collect(error.children, `${here}.`, faults);
  }
}
