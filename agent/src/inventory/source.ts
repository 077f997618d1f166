import type { INVENTORY_SECTIONS, InventorySection, Unreadable } from '@muster/contracts';
import type { DevicePlatform, Machine } from './machine/machine';

/** An item of a section as a collector gives it: key and digest are added later, texts are cleaned later. */
export type Found<S extends InventorySection> = Omit<InstanceType<(typeof INVENTORY_SECTIONS)[S]>, 'key' | 'digest'>;

export interface Findings<S extends InventorySection> {
  /** Long lists come one by one. */
  items: Iterable<Found<S>> | AsyncIterable<Found<S>>;
  /** What could not be read and why. May grow until the last item has been taken. */
  unreadable: Unreadable[];
}

/**
 * One place that inventory is read from. `collect` gives nothing where the place does not exist on this device, and
 * throws where it exists and failed this time: then what was known of it stays.
 */
export interface Source<S extends InventorySection> {
  section: S;
  /** Names the source in logs and in `unreadable`. Unique within its section and platform. */
  source: string;
  platforms: readonly DevicePlatform[];
  /** What keys of its items begin with, where other sources give the same section. Nothing when it is alone. */
  keys?: string;
  collect(machine: Machine): Promise<Findings<S>>;
}
export type AnySource = { [S in InventorySection]: Source<S> }[InventorySection];

/** Says the section with the type, so that sources are plain objects. */
export const source = <S extends InventorySection>(given: Source<S>): Source<S> => given;
