/** A class without constructor arguments, as every contract class is. */
export type Class<T extends object = object> = new () => T;
export type JsonSchema = Record<string, unknown>;

export interface FieldRecord {
  schema: JsonSchema;
  optional: boolean;
  nested?: () => Class;
  /** True only for values that the field's rules accept, perhaps not for all of these. */
  holds: (value: unknown) => boolean;
}
/** A field's predicate. A field that a class declares anew has one for each class. */
export type FieldCheck = Pick<FieldRecord, 'optional' | 'holds'> & { name: string };

const fields = new Map<Class, Map<string, FieldRecord>>();
/** What was asked for before; decorators fill `fields` while modules load, so it is kept until one of them adds a field. */
const asked = { fields: new Map<Class, Map<string, FieldRecord>>(), checks: new Map<Class, readonly FieldCheck[]>() };

export function recordField(type: Class, name: string, record: FieldRecord): void {
  const own = fields.get(type) ?? new Map<string, FieldRecord>();
  own.set(name, record);
  fields.set(type, own);
  asked.fields.clear();
  asked.checks.clear();
}

/** Declared fields of a contract class, those of its base classes first. */
export function fieldsOf(type: Class): ReadonlyMap<string, FieldRecord> {
  const known = asked.fields.get(type);
  if (known) return known;
  const all = new Map(withBases(type).flatMap((one) => [...(fields.get(one) ?? [])]));
  asked.fields.set(type, all);
  return all;
}

/** Predicates of all fields, those of base classes first. */
export function checksOf(type: Class): readonly FieldCheck[] {
  const known = asked.checks.get(type);
  if (known) return known;
  const all = withBases(type)
    .flatMap((one) => [...(fields.get(one) ?? [])])
    .map(([name, { optional, holds }]) => ({ name, optional, holds }));
  asked.checks.set(type, all);
  return all;
}

const defaults = new Map<Class, boolean>();
/** Whether a new instance holds values already: then what is absent is not what it looks. */
export function hasDefaults(type: Class): boolean {
  let known = defaults.get(type);
  if (known === undefined) defaults.set(type, (known = Object.values(new type()).some((value) => value !== undefined)));
  return known;
}

/** The class after those that it extends. */
function withBases(type: Class): Class[] {
  const base = Object.getPrototypeOf(type) as Class | null;
  return base && base !== Function.prototype ? [...withBases(base), type] : [type];
}
