import { type Item } from './measured';
import {
  type Column,
  compress,
  decompress,
  packColumn,
  packItems,
  type PackedItems,
  unpackColumn,
  unpackItems,
  unpackNumbers,
} from './packing';
import { RANGES, Stretch } from './stretch';

/** Columns of one value that is kept as a range. */
type PackedRange = [count: Column, sum: Column, low: Column, high: Column];
interface PackedDay {
  hour: Column;
  samples: Column;
  ranges: PackedRange[];
  memory: Column;
  uptime: Column;
  uptimeAt: Column;
  disks: PackedItems<string>;
  networks: PackedItems<string>;
  temperatures: PackedItems<string>;
}

/** Hours of one day by when they begin (milliseconds since 1970). */
export type Hours = Map<number, Stretch>;

/** A day of a device, rolled up by the hour, in one compressed block of about a kilobyte. */
export function packDay(hours: Hours): Promise<Buffer> {
  const sorted = [...hours].toSorted(([a], [b]) => a - b);
  const all = sorted.map(([, stretch]) => stretch);
  const items = (of: (stretch: Stretch) => Iterable<[string, number | number[]]>): Array<Array<Item<string>>> =>
    all.map((stretch) => Array.from(of(stretch), ([name, values]) => [name, ...[values].flat()]));
  const packed: PackedDay = {
    hour: packColumn(sorted.map(([hour]) => hour)),
    samples: packColumn(all.map(({ samples }) => samples)),
    ranges: RANGES.map((_, index) => rangeColumns(all, index)),
    memory: packColumn(all.map(({ memory }) => memory)),
    uptime: packColumn(all.map(({ uptime }) => uptime)),
    uptimeAt: packColumn(all.map(({ uptimeAt }) => uptimeAt)),
    disks: packItems(
      items(({ disks }) => disks),
      2,
    ),
    networks: packItems(
      items(({ networks }) => networks),
      3,
    ),
    temperatures: packItems(
      items(({ temperatures }) => temperatures),
      1,
    ),
  };
  return compress(packed);
}

function rangeColumns(all: readonly Stretch[], index: number): PackedRange {
  const part = (place: 0 | 1 | 2 | 3): Column => packColumn(all.map(({ ranges }) => ranges[index]?.[place] ?? null));
  return [part(0), part(1), part(2), part(3)];
}

export async function unpackDay(block: Buffer): Promise<Hours> {
  const packed = await decompress<PackedDay>(block);
  const ranges = packed.ranges.map((columns) => columns.map((column) => unpackColumn(column)));
  const [memory, uptime, uptimeAt] = [packed.memory, packed.uptime, packed.uptimeAt].map((one) => unpackColumn(one));
  const samples = unpackNumbers(packed.samples);
  const [disks, networks, temperatures] = [packed.disks, packed.networks, packed.temperatures].map((one) =>
    unpackItems(one),
  );
  return new Map(
    unpackNumbers(packed.hour).map((hour, turn) => {
      const stretch = new Stretch();
      stretch.samples = samples[turn] ?? 0;
      for (const [index, columns] of ranges.entries()) {
        const [count, sum, low, high] = columns.map((column) => column[turn] ?? null);
        if (count) stretch.addRange(index, [count, sum ?? 0, low ?? 0, high ?? 0]);
      }
      stretch.addMemory(memory?.[turn] ?? null);
      stretch.addUptime(uptime?.[turn] ?? null, uptimeAt?.[turn] ?? 0);
      for (const [name, used = 0, size = 0] of disks?.[turn] ?? []) stretch.addDisk(name, used, size);
      for (const [name, count = 0, received = 0, sent = 0] of networks?.[turn] ?? [])
        stretch.addNetwork(name, count, received, sent);
      for (const [name, tenths = 0] of temperatures?.[turn] ?? []) stretch.addTemperature(name, tenths);
      return [hour, stretch];
    }),
  );
}
