/** `NAME=value` lines, as os-release(5) has them: shell assignments, values perhaps quoted. */
export function readAssignments(text: string): Map<string, string> {
  const lines = text.matchAll(/^([A-Za-z_][A-Za-z0-9_]*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(.*))$/gm);
  return new Map(
    [...lines].map(([, name = '', double, single, bare]) => [
      name,
      double?.replaceAll(/\\(.)/g, '$1') ?? single ?? bare?.trim() ?? '',
    ]),
  );
}

/** Properties that udev keeps of a device: `E:NAME=value` lines of `/run/udev/data/<id>`. */
export function readUdev(text: string): Map<string, string> {
  const lines = text.matchAll(/^E:([A-Z0-9_]+)=(.*)$/gm);
  return new Map([...lines].map(([, name = '', value = '']) => [name, value]));
}

/** udev writes what is not a plain character as `\x20`. */
export const decodeUdev = (text: string | undefined): string | undefined =>
  text
    ?.replaceAll(/(?:\\x[0-9a-f]{2})+/gi, (codes) =>
      Buffer.from(codes.replaceAll(String.raw`\x`, ''), 'hex').toString('utf8'),
    )
    .trim() || undefined;

/** Table of `name<tab>:<blank>value` lines, in paragraphs, as /proc/cpuinfo is. */
export function readParagraphs(text: string): Array<Map<string, string>> {
  return text
    .split(/\n\s*\n/)
    .map(
      (paragraph) =>
        new Map(
          paragraph.split('\n').flatMap((line): Array<[string, string]> => {
            const at = line.indexOf(':');
            return at > 0 ? [[line.slice(0, at).trim(), line.slice(at + 1).trim()]] : [];
          }),
        ),
    )
    .filter((pairs) => pairs.size > 0);
}
