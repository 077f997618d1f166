import { type Class, type JsonSchema, fieldsOf } from './registry';

/** JSON Schema of a contract class; nested classes become `$ref`s and are added to `components`. */
export function describe(type: Class, components: Map<string, JsonSchema>): JsonSchema {
  if (!components.has(type.name)) {
    const properties: Record<string, JsonSchema> = {};
    const required: string[] = [];
    components.set(type.name, {});
    for (const [name, field] of fieldsOf(type)) {
      properties[name] = withNested(field.schema, field.nested, components);
      if (!field.optional) required.push(name);
    }
    components.set(type.name, { type: 'object', properties, ...(required.length ? { required } : {}) });
  }
  return { $ref: `#/components/schemas/${type.name}` };
}

function withNested(
  schema: JsonSchema,
  nested: (() => Class) | undefined,
  components: Map<string, JsonSchema>,
): JsonSchema {
  if (!nested) return schema;
  const reference = describe(nested(), components);
  return schema['type'] === 'array' ? { ...schema, items: reference } : { ...reference, ...schema };
}
