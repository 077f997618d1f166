import { type Class, checksOf, hasDefaults } from './registry';

/**
 * The quick side of validation: a predicate for each kind of field. Where one holds, class-validator accepts the value too
 * (`holds.spec.ts` tries); where it does not, class-validator decides, and words what is wrong. So a predicate may be
 * narrower than the rules, and never wider.
 */
export type Holds = (value: unknown) => boolean;

/** Whether all fields of an instance are in order. A field that is null is not: who reads it may drop it first. */
export function allHold(type: Class, instance: object): boolean {
  for (const { name, optional, holds } of checksOf(type)) {
    const value = (instance as Record<string, unknown>)[name];
    if (value === undefined ? !optional : !holds(value)) return false;
  }
  return true;
}

/** Control characters but tab, line feed and carriage return; halves of surrogate pairs, whole pairs too. */
const unusual = /[\0-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff]/;
/** What class-validator counts as less than one character each. */
const combining = /[\ud800-\udfff\ufe0e\ufe0f]/;

export const isText =
  (min: number, max: number, pattern: RegExp | undefined, storable: RegExp): Holds =>
  (value) => {
    if (typeof value !== 'string' || value.length > max || value.length < min) return false;
    if (min > 1 && combining.test(value)) return false;
    return pattern ? value.search(pattern) >= 0 : !unusual.test(value) || storable.test(value);
  };

const UUID = /^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;
export const isUuidText: Holds = (value) => typeof value === 'string' && UUID.test(value);

export const isOneOf = (values: readonly string[]): Holds => {
  const known = new Set<unknown>(values);
  return (value) => known.has(value);
};

/** What JSON makes of `{…}`. */
export const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

export const isInstance =
  (type: () => Class): Holds =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    // Not of a class that extends it, whose own fields would go unseen.
    (Object.getPrototypeOf(value) === type().prototype || (isPlain(value) && !hasDefaults(type()))) &&
    allHold(type(), value);

export const isOpen: Holds = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Plain addresses: letters and digits with single dots, dashes, underscores and plus signs between, at a host name. */
const EMAIL = /^[a-z\d]+(?:[._+-][a-z\d]+)*@(?:[a-z\d]+(?:-[a-z\d]+)*\.)+[a-z]{2,63}$/i;
export const isPlainEmail: Holds = (value) => {
  if (typeof value !== 'string' || value.length > 254) return false;
  const at = value.lastIndexOf('@');
  return (
    at <= 64 &&
    EMAIL.test(value) &&
    value
      .slice(at + 1)
      .split('.')
      .every((label) => label.length <= 63)
  );
};

export const isWhole =
  (min: number, max: number): Holds =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max;

export const isDecimal =
  (min: number, max: number): Holds =>
  (value) =>
    Number.isFinite(value) && (value as number) >= min && (value as number) <= max;

export const isFlag: Holds = (value) => typeof value === 'boolean';

const INSTANT = /^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;
/** As `Date.prototype.toISOString` writes it, and of a day that every month has. */
export const isInstant: Holds = (value) =>
  typeof value === 'string' && INSTANT.test(value) && value.slice(8, 10) <= '28';

const BASE64 = /^[A-Za-z\d+/]+={0,2}$/;
export const isBase64Text =
  (max: number): Holds =>
  (value) =>
    typeof value === 'string' && value.length <= max && value.length % 4 === 0 && (value === '' || BASE64.test(value));

export const isList =
  (element: Holds, min: number, max: number): Holds =>
  (value) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) return false;
    for (let index = 0; index < value.length; index += 1) if (!element(value[index])) return false;
    return true;
  };
