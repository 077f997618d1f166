/** Hands data to the browser to be saved under a name. */
export function saveFile(parts: BlobPart[], type: string, name: string): void {
  const url = URL.createObjectURL(new Blob(parts, { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken over the data by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A file name out of a name that anybody may have given: no separators, no controls, of bounded length. */
export const fileName = (name: string, what: string, ending: string): string =>
  `${name.slice(0, 80).replace(/[^A-Za-z0-9._-]/g, '_')}-${what}.${ending}`;
