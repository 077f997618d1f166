/** A class without constructor arguments, as every contract class is. */
export type Class<T extends object = object> = new () => T;
export type JsonSchema = Record<string, unknown>;

export interface FieldRecord {
  schema: JsonSchema;
  optional: boolean;
  nested?: () => Class;
}

const fields = new Map<Class, Map<string, FieldRecord>>();

export function recordField(type: Class, name: string, record: FieldRecord): void {
  const own = fields.get(type) ?? new Map<string, FieldRecord>();
  own.set(name, record);
  fields.set(type, own);
}

/** Declared fields of a contract class, those of its base classes first. */
export function fieldsOf(type: Class): Map<string, FieldRecord> {
  const base = Object.getPrototypeOf(type) as Class | null;
  const inherited = base && base !== Function.prototype ? fieldsOf(base) : [];
  return new Map([...inherited, ...(fields.get(type) ?? [])]);
}
