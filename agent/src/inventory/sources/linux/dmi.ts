import { filledIn } from '../../formats/filled-in';
import type { Machine } from '../../machine/machine';

/** What firmware tells about the board, as the kernel exports it. */
export const DMI = '/sys/class/dmi/id';

export const readDmi = async ({ files }: Machine, name: string): Promise<string | undefined> =>
  filledIn(await files.text(`${DMI}/${name}`));
