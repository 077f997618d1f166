/** Control characters but tab, line feed and carriage return; lone surrogates. The server's contracts take neither. */
const NOT_STORABLE = new RegExp(
  [
    String.raw`[\u0000-\u0008\u000b\u000c\u000e-\u001f]`,
    String.raw`[\ud800-\udbff](?![\udc00-\udfff])`,
    String.raw`(?<![\ud800-\udbff])[\udc00-\udfff]`,
  ].join('|'),
  'g',
);

/** Text of other programs as the server can take it: U+FFFD for what it cannot store, cut, but never inside a character. */
export function cleanText(text: string, longest: number): string {
  const clean = text.slice(0, longest + 1).replaceAll(NOT_STORABLE, '\ufffd');
  if (clean.length <= longest) return clean;
  const last = clean.charCodeAt(longest - 1);
  return clean.slice(0, last >= 0xd800 && last <= 0xdbff ? longest - 1 : longest);
}
