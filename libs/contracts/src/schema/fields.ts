import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBase64,
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsISO8601,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import {
  type Holds,
  isBase64Text,
  isDecimal,
  isFlag,
  isInstance,
  isInstant,
  isList,
  isOneOf,
  isOpen,
  isPlainEmail,
  isText,
  isUuidText,
  isWhole,
} from './holds';
import { type Class, type JsonSchema, recordField } from './registry';

/**
 * Field decorators. Each one states a field's shape once: it adds the class-validator rules with a quick predicate that
 * implies them, and records the JSON Schema that OpenAPI and the contract lock are made from. A bare `kind` (lower case)
 * describes the elements of a list.
 */
export interface Kind {
  schema: JsonSchema;
  rules(each: boolean): PropertyDecorator[];
  holds: Holds;
  nested?: () => Class;
}

export interface FieldOptions {
  /** The field may be absent or null. */
  optional?: boolean;
  /** What the field means, with its unit. Appears in OpenAPI. */
  about?: string;
}

function field(kind: Kind, options: FieldOptions = {}): PropertyDecorator {
  return (target, name) => {
    for (const rule of kind.rules(false)) rule(target, name);
    if (options.optional) IsOptional()(target, name);
    recordField(target.constructor as Class, String(name), {
      schema: options.about ? { ...kind.schema, description: options.about } : kind.schema,
      optional: options.optional ?? false,
      nested: kind.nested,
      holds: kind.holds,
    });
  };
}

export interface TextOptions {
  min?: number;
  /** Longest accepted length in UTF-16 code units. */
  max: number;
  pattern?: RegExp;
}

/** No C0 control characters but tab, line feed and carriage return; no lone surrogates. PostgreSQL can store what passes. */
const storable = /^(?:[\t\n\r\u0020-\ud7ff\ue000-\uffff]|[\ud800-\udbff][\udc00-\udfff])*$/;

export const text = ({ min = 0, max, pattern }: TextOptions): Kind => ({
  schema: {
    type: 'string',
    ...(min ? { minLength: min } : {}),
    maxLength: max,
    ...(pattern ? { pattern: pattern.source } : {}),
  },
  rules: (each) => [
    IsString({ each }),
    Length(min, max, { each }),
    Matches(pattern ?? storable, {
      each,
      ...(pattern ? {} : { message: '$property must not contain control characters' }),
    }),
  ],
  holds: isText(min, max, pattern, storable),
});

export const uuid = (): Kind => ({
  schema: { type: 'string', format: 'uuid' },
  rules: (each) => [IsUUID(undefined, { each })],
  holds: isUuidText,
});

export const oneOf = (values: readonly string[]): Kind => ({
  schema: { type: 'string', enum: [...values] },
  rules: (each) => [IsIn([...values], { each })],
  holds: isOneOf(values),
});

export const nested = (type: () => Class): Kind => ({
  schema: {},
  nested: type,
  rules: (each) => [...(each ? [] : [IsObject()]), ValidateNested({ each })],
  holds: isInstance(type),
});

/** An object whose fields are checked later, one by one, so that a wrong one does not spoil its neighbours. */
export const open = (): Kind => ({
  schema: { type: 'object', additionalProperties: true },
  rules: (each) => [IsObject({ each })],
  holds: isOpen,
});

export const Text = (options: TextOptions & FieldOptions): PropertyDecorator => field(text(options), options);
export const Uuid = (options?: FieldOptions): PropertyDecorator => field(uuid(), options);
export const OneOf = (values: readonly string[], options?: FieldOptions): PropertyDecorator =>
  field(oneOf(values), options);
export const Nested = (type: () => Class, options?: FieldOptions): PropertyDecorator => field(nested(type), options);

export const Email = (options?: FieldOptions): PropertyDecorator =>
  field(
    {
      schema: { type: 'string', format: 'email', maxLength: 254 },
      rules: (each) => [IsEmail({}, { each }), Length(3, 254, { each })],
      holds: isPlainEmail,
    },
    options,
  );

export const Whole = (range: { min: number; max: number } & FieldOptions): PropertyDecorator =>
  field(
    {
      schema: { type: 'integer', minimum: range.min, maximum: range.max },
      rules: (each) => [IsInt({ each }), Min(range.min, { each }), Max(range.max, { each })],
      holds: isWhole(range.min, range.max),
    },
    range,
  );

export const Decimal = (range: { min: number; max: number } & FieldOptions): PropertyDecorator =>
  field(
    {
      schema: { type: 'number', minimum: range.min, maximum: range.max },
      rules: (each) => [IsNumber({}, { each }), Min(range.min, { each }), Max(range.max, { each })],
      holds: isDecimal(range.min, range.max),
    },
    range,
  );

export const Flag = (options?: FieldOptions): PropertyDecorator =>
  field({ schema: { type: 'boolean' }, rules: (each) => [IsBoolean({ each })], holds: isFlag }, options);

/** A point in time, ISO 8601 in UTC, for example `2026-11-21T09:30:00.000Z`. */
export const Instant = (options?: FieldOptions): PropertyDecorator =>
  field(
    {
      schema: { type: 'string', format: 'date-time' },
      rules: (each) => [IsISO8601({ strict: true }, { each })],
      holds: isInstant,
    },
    options,
  );

/** Binary data as base64 text; `max` counts base64 characters. */
export const Base64 = (options: { max: number } & FieldOptions): PropertyDecorator =>
  field(
    {
      schema: { type: 'string', contentEncoding: 'base64', maxLength: options.max },
      rules: (each) => [IsBase64({}, { each }), Length(0, options.max, { each })],
      holds: isBase64Text(options.max),
    },
    options,
  );

/** An object whose fields the contract leaves open, such as a procedure's parameters. Validate it where it is used. */
export const Open = (options?: FieldOptions): PropertyDecorator => field(open(), options);

export const List = (kind: Kind, options: { min?: number; max: number } & FieldOptions): PropertyDecorator =>
  field(
    {
      schema: {
        type: 'array',
        items: kind.schema,
        ...(options.min ? { minItems: options.min } : {}),
        maxItems: options.max,
      },
      nested: kind.nested,
      rules: () => [IsArray(), ArrayMinSize(options.min ?? 0), ArrayMaxSize(options.max), ...kind.rules(true)],
      holds: isList(kind.holds, options.min ?? 0, options.max),
    },
    options,
  );
