import type { Element } from '../core/xml/element';

/** Values of `{name}` in a transcript: the first use of a name takes the value, later ones must agree. `{*}` is anything. */
export type Bindings = Map<string, string>;

/** @returns why `actual` is not what was expected, or undefined */
export function mismatch(expected: Element, actual: Element, bindings: Bindings): string | undefined {
  if (expected.name !== actual.name || expected.namespace !== actual.namespace)
    return `<${actual.name} xmlns='${actual.namespace}'> where <${expected.name} xmlns='${expected.namespace}'> was expected`;
  const names = new Set([...expected.attributes.keys(), ...actual.attributes.keys()]);
  for (const name of names) {
    if (!matches(expected.attribute(name), actual.attribute(name), bindings))
      return `${name}='${actual.attribute(name)}' of <${actual.name}> is not '${expected.attribute(name)}'`;
  }
  if (expected.text.trim() === '{...}') return undefined;
  const [wanted, got] = [expected.elements, actual.elements];
  if (wanted.length !== got.length)
    return `<${actual.name}> has ${got.length} children (${got.map(({ name }) => name).join(', ')}), not ${wanted.length}`;
  for (const [index, child] of wanted.entries()) {
    const other = got[index];
    const wrong = other && mismatch(child, other, bindings);
    if (wrong) return wrong;
  }
  if (wanted.length === 0 && !matches(expected.text.trim(), actual.text.trim(), bindings))
    return `<${actual.name}> says '${actual.text}', not '${expected.text}'`;
  return undefined;
}

function matches(expected: string | undefined, actual: string | undefined, bindings: Bindings): boolean {
  if (expected === undefined || actual === undefined) return expected === actual;
  const names: string[] = [];
  const pattern = expected.replace(/\{([^}]+)\}|[.*+?^$()|[\]\\]/g, (special, name: string | undefined) => {
    if (name === undefined) return `\\${special}`;
    const known = bindings.get(name);
    if (known !== undefined) return known.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    names.push(name);
    return '(.+)';
  });
  const found = new RegExp(`^${pattern}$`, 's').exec(actual);
  if (!found) return false;
  for (const [index, name] of names.entries()) if (name !== '*') bindings.set(name, found[index + 1] ?? '');
  return true;
}
