import { localStorageColorSchemeManager } from '@mantine/core';

/** Choices of this browser. `public/first-paint.js` reads the first two before anything is painted. */
const DIRECTION_KEY = 'muster.direction';
export const colourSchemes = localStorageColorSchemeManager({ key: 'muster.colour-scheme' });
export type Direction = 'ltr' | 'rtl';

/** The direction that the viewer forced, or undefined for the language's own. */
export function storedDirection(): Direction | undefined {
  try {
    const stored = localStorage.getItem(DIRECTION_KEY);
    return stored === 'rtl' || stored === 'ltr' ? stored : undefined;
  } catch {
    return undefined;
  }
}

export function storeDirection(direction: Direction): void {
  try {
    localStorage.setItem(DIRECTION_KEY, direction);
  } catch {
    // Storage may be refused; the choice then lasts until the page is left.
  }
}
