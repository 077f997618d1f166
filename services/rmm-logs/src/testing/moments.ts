import type { Item, Measured, Moment, Processes } from '../samples/measured';
import { VALUE_NAMES } from '../samples/measured';

const NAMES = ['/', '/boot/efi', 'C:\\', 'ü "quoted" 😀', '__proto__', '0', 'a', 'toString'];

/** A moment such as no healthy device reports: things missing, named twice, of every size. */
export function anyMoment(next: () => number, at: number): Moment {
  const whole = (): number => Math.floor(10 ** (next() * 15.9));
  const some = (most: number): number => Math.floor(next() * (most + 1));
  const name = (): string => NAMES[some(NAMES.length - 1)] ?? '';
  const items = (most: number, make: () => Item<string>): Array<Item<string>> =>
    Array.from({ length: some(most) }, make);
  const measured: Measured = [
    VALUE_NAMES.map(() => (next() < 0.2 ? null : whole())),
    items(3, () => [name(), whole(), whole()]),
    items(3, () => [name(), whole(), whole()]),
    items(4, () => [name(), some(2000) - 1000]),
  ];
  const processes: Processes = Array.from({ length: some(5) }, () => [
    [some(9), name(), next() < 0.3 ? null : name()],
    some(9000),
    whole(),
  ]);
  return { at, measured, processes };
}
