import type { Feature } from '../core/feature';
import { element } from '../core/xml/element';

const TIME_NS = 'urn:xmpp:time';

/** The server's clock: a device whose own is wrong can tell by it why its certificate seems not to be valid yet. */
export const entityTime: Feature = {
  name: 'time',
  specification: 'XEP-0202 2.0, XEP-0082 1.1',
  install(server) {
    server.namespaces.add(TIME_NS);
    server.handlers.onIq('bound', 'get', TIME_NS, 'time', () => {
      const now = new Date();
      return element(
        'time',
        TIME_NS,
        {},
        element('tzo', TIME_NS, {}, offset(-now.getTimezoneOffset())),
        element('utc', TIME_NS, {}, now.toISOString()),
      );
    });
  },
};

/** A time zone of XEP-0082, section 3.2, from minutes east of Greenwich. */
export function offset(minutes: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
}
