import { type Column, compress, decompress, packColumn, packItems, type PackedItems, unpackColumn } from './packing';
import { unpackItems, unpackNumbers } from './packing';
import { type Measured, type Moment, type Processes, VALUE_NAMES } from './measured';

/**
 * An hour of a device's samples in two compressed blocks: what is measured, and the processes, which are most of it and which
 * charts do not need. A tenth of what the samples take as rows.
 */
export interface SampleHour {
  measured: Buffer;
  processes: Buffer;
}

interface PackedMeasured {
  at: Column;
  values: Column[];
  items: [PackedItems<string>, PackedItems<string>, PackedItems<string>];
}

/** @param moments in the order of time */
export async function packHour(moments: readonly Moment[]): Promise<SampleHour> {
  const packed: PackedMeasured = {
    at: packColumn(moments.map(({ at }) => at)),
    values: VALUE_NAMES.map((_, index) => packColumn(moments.map(({ measured }) => measured[0][index] ?? null))),
    items: [
      packItems(
        moments.map(({ measured }) => measured[1]),
        2,
      ),
      packItems(
        moments.map(({ measured }) => measured[2]),
        2,
      ),
      packItems(
        moments.map(({ measured }) => measured[3]),
        1,
      ),
    ],
  };
  const [measured, processes] = await Promise.all([
    compress(packed),
    compress(
      packItems(
        moments.map((moment) => moment.processes),
        2,
      ),
    ),
  ]);
  return { measured, processes };
}

/** What was measured at each moment, oldest first. */
export async function unpackMeasured(block: Buffer): Promise<Array<{ at: number; measured: Measured }>> {
  const packed = await decompress<PackedMeasured>(block);
  const values = packed.values.map((column) => unpackColumn(column));
  const [disks, networks, temperatures] = packed.items.map((items) => unpackItems(items));
  return unpackNumbers(packed.at).map((at, turn) => ({
    at,
    measured: [
      values.map((column) => column[turn] ?? null),
      disks?.[turn] ?? [],
      networks?.[turn] ?? [],
      temperatures?.[turn] ?? [],
    ],
  }));
}

export async function unpackHour(hour: SampleHour): Promise<Moment[]> {
  const [measured, processes] = await Promise.all([unpackMeasured(hour.measured), unpackProcesses(hour.processes)]);
  return measured.map((one, turn) => ({ ...one, processes: processes[turn] ?? [] }));
}

const unpackProcesses = async (block: Buffer): Promise<Processes[]> =>
  unpackItems(await decompress<PackedItems<Processes[number][0]>>(block));
