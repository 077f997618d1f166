import { createHash } from 'node:crypto';
import { type Class, fieldsOf, INVENTORY_SECTIONS, type InventorySection, type JsonSchema } from '@muster/contracts';

/** Control characters, and halves of surrogate pairs. */
const UNSTORABLE = new RegExp(
  `[${String.raw`\u0000-\u001f\u007f`}]|[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]`,
  'g',
);

type Clean = (value: unknown) => unknown;
interface Plan {
  fields: ReadonlyArray<{ name: string; clean: Clean; needed: boolean }>;
}
const plans = new Map<InventorySection, Plan>();

/**
 * Makes an item such as the server takes it, whatever a device's own tables contain: declared fields only, in the
 * order of their names, texts without control characters and within their lengths, numbers within their ranges. A
 * field that does not fit is left out. @returns undefined when a field is missing that an item must have
 */
export function cleanItem(section: InventorySection, found: object): Record<string, unknown> | undefined {
  const plan = plans.get(section) ?? makePlan(section);
  const given = found as Record<string, unknown>;
  const item: Record<string, unknown> = {};
  for (const { name, clean, needed } of plan.fields) {
    const value = given[name] === undefined || given[name] === null ? undefined : clean(given[name]);
    // Nothing is no text, and names nothing. Only a version may be there and be unknown.
    if (value !== undefined && (value !== '' || (needed && name === 'version'))) item[name] = value;
    else if (needed) return undefined;
  }
  return item;
}

/** First 8 bytes, hex, of the SHA-256 of the item's JSON. */
export const itemDigest = (json: string): string => createHash('sha256').update(json).digest('hex').slice(0, 16);

/** Text without control characters, blanks at the ends and halves of characters, at most `longest` UTF-16 units. */
export function cleanText(text: string, longest: number): string {
  const tidy = text.replaceAll(UNSTORABLE, (found) => (found >= '\ud800' ? '\ufffd' : ' ')).trim();
  if (tidy.length <= longest) return tidy;
  const last = tidy.charCodeAt(longest - 1);
  return tidy.slice(0, last >= 0xd800 && last <= 0xdbff ? longest - 1 : longest).trimEnd();
}

function makePlan(section: InventorySection): Plan {
  const declared = fieldsOf(INVENTORY_SECTIONS[section] as Class);
  const fields = [...declared]
    .filter(([name]) => name !== 'key' && name !== 'digest')
    .map(([name, { schema, optional }]) => ({ name, clean: cleanerOf(schema), needed: !optional }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  const plan = { fields };
  plans.set(section, plan);
  return plan;
}

function cleanerOf(schema: JsonSchema): Clean {
  const { type, minimum = -Infinity, maximum = Infinity, maxLength = 0, minLength = 0 } = schema as Limits;
  switch (type) {
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : undefined);
    case 'integer':
    case 'number':
      return (value) =>
        (type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
        (value as number) >= minimum &&
        (value as number) <= maximum
          ? value
          : undefined;
    case 'array':
      return listCleaner(schema);
    case 'string':
      if (schema['format'] === 'date-time') return instant;
      if (schema['enum']) return (value) => ((schema['enum'] as unknown[]).includes(value) ? value : undefined);
      return (value) => {
        const text = typeof value === 'string' ? cleanText(value, maxLength) : undefined;
        return text !== undefined && text.length >= minLength ? text : undefined;
      };
    default:
      throw new Error(`items have no fields of type ${String(type)}`);
  }
}

function listCleaner(schema: JsonSchema): Clean {
  const element = cleanerOf(schema['items'] as JsonSchema);
  const longest = schema['maxItems'] as number;
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const list = [...new Set(value.map(element).filter((entry) => entry !== undefined && entry !== ''))];
    return list.length > 0 ? list.slice(0, longest) : undefined;
  };
}

/** Tools write times that never were, such as in the year 0: what the server cannot store is left out. */
function instant(value: unknown): string | undefined {
  const time = typeof value === 'string' ? new Date(value) : undefined;
  if (!time || Number.isNaN(time.getTime())) return undefined;
  const year = time.getUTCFullYear();
  return year >= 1970 && year < 2200 ? time.toISOString() : undefined;
}

interface Limits {
  type?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
}
