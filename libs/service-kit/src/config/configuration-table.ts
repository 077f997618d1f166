import { type Class, fieldsOf } from '@muster/contracts';

/** A configuration class as a Markdown table, for the documentation and the test that compares them. */
export function configurationTable(type: Class<object>): string {
  const defaults = new type() as Record<string, unknown>;
  const rows = [...fieldsOf(type)].map(([name, field]) => {
    const value = defaults[name];
    const fallback = value === undefined ? (field.optional ? '–' : 'required') : `\`${String(value)}\``;
    return `| \`${name}\` | ${fallback} | ${String(field.schema['description'] ?? '')} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows, ''].join('\n');
}
