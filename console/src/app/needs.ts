import { may, type Route } from '@muster/contracts';

/**
 * What screens need whose contracts are large: they are fetched with the screen, not with the navigation. A test compares
 * each with the route that its screen reads first.
 */
export const NEEDS = {
  audit: { access: may('audit.read') },
  inventory: { access: may('inventory.read') },
  releases: { access: may('releases.read') },
  monitoring: { access: may('monitoring.read') },
} as const satisfies Record<string, Pick<Route, 'access'>>;
