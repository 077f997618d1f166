import type { Machine } from '../../machine/machine';

interface Names {
  vendor?: string;
  device?: string;
}

/**
 * Names from a table as pci.ids and usb.ids are: vendor lines begin with the number, device lines with a tab and the
 * number. Reads the table once for all numbers that are wanted, and keeps nothing of it. Needs no table to be there.
 */
export async function namesOf(
  { files }: Machine,
  tables: readonly string[],
  wanted: ReadonlyArray<{ vendor: string; device: string }>,
): Promise<{ found: boolean; names: Map<string, Names> }> {
  const names = new Map<string, Names>();
  for (const { vendor, device } of wanted) names.set(`${vendor}:${device}`, {});
  const path = await firstThere(files, tables);
  if (!path) return { found: false, names };
  const vendors = new Map(wanted.map(({ vendor }) => [vendor, [] as string[]]));
  for (const { vendor, device } of wanted) vendors.get(vendor)?.push(device);
  let vendor: { number: string; name: string } | undefined;
  for await (const line of files.lines(path)) {
    // Classes follow the vendors in both tables.
    if (/^C [0-9a-f]{2} /.test(line)) break;
    const [, tab, number = '', name = ''] = /^(\t?)([0-9a-f]{4})\s+(.+)$/.exec(line) ?? [];
    if (tab === '') {
      vendor = vendors.has(number) ? { number, name } : undefined;
      if (vendor) for (const device of vendors.get(number) ?? []) names.set(`${number}:${device}`, { vendor: name });
    } else if (tab === '\t' && vendor && names.has(`${vendor.number}:${number}`))
      names.set(`${vendor.number}:${number}`, { vendor: vendor.name, device: name });
  }
  return { found: true, names };
}

async function firstThere(files: Machine['files'], paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await files.stat(path)) return path;
  return undefined;
}
