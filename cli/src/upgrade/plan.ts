import { parse } from 'yaml';

/** A service as compose resolved it. */
export interface Planned {
  service: string;
  /** With prefix and tag. */
  image: string;
  /** Runs once and ends. */
  once: boolean;
  /** Only with one of these (`COMPOSE_PROFILES`). */
  profiles: string[];
}

/**
 * What happens, in this order. `run`: a service that ends. `replace`: new beside old, without a pause. `recreate`: what
 * cannot run twice, such as who holds the port or the data; only where it changed, with a pause.
 */
export type Step = { kind: 'run' | 'replace' | 'recreate'; services: string[] };

/** Images whose containers cannot run beside each other. */
const SINGLE = ['nats', 'postgres', 'edge', 'push-broker', 'coturn'];

/** Name of an image without prefix and tag. */
export const imageName = (image: string): string => /([^/:]+)(?::[^/]*)?$/.exec(image)?.[1] ?? image;
export const isSingle = (image: string): boolean => SINGLE.includes(imageName(image));

interface Resolved {
  services?: Record<string, { image?: string; restart?: string; profiles?: string[] }>;
}

/** @param config what `compose config` prints @param order services as the compose file lists them */
export function plannedServices(config: string, order: readonly string[], profiles: readonly string[]): Planned[] {
  const { services = {} } = (parse(config) ?? {}) as Resolved;
  return order.flatMap((service): Planned[] => {
    const { image, restart, profiles: own = [] } = services[service] ?? {};
    if (!image || (own.length > 0 && !own.some((one) => profiles.includes(one)))) return [];
    return [{ service, image, once: restart === 'no', profiles: own }];
  });
}

/**
 * NATS first: a new one knows the rights of old and new services, an old one those of the old alone. Then what makes schemas
 * and roles. Then the services in the order of the compose file, those that others ask before those that ask: each brings
 * its own schema up to date when it starts. The edge comes last, and with it the console that asks for what is new.
 */
export function stepsOf(services: readonly Planned[]): Step[] {
  const named = (image: string): string[] =>
    services.filter((one) => imageName(one.image) === image).map(({ service }) => service);
  const single = (image: string): Step[] => {
    const found = named(image);
    return found.length > 0 ? [{ kind: 'recreate', services: found }] : [];
  };
  const once = services.filter((one) => one.once);
  const others = services.filter((one) => !one.once && !isSingle(one.image));
  return [
    ...single('nats'),
    ...once.map(({ service }): Step => ({ kind: 'run', services: [service] })),
    ...others.map(({ service }): Step => ({ kind: 'replace', services: [service] })),
    ...['postgres', 'coturn', 'push-broker', 'edge'].flatMap(single),
  ];
}
