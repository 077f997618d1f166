import { version } from '../../package.json';
import type { Feature } from '../core/feature';
import { element } from '../core/xml/element';

const VERSION_NS = 'jabber:iq:version';
export const SOFTWARE_NAME = 'Muster push broker';

/** Name and version of the server. What it runs on is nobody's business (XEP-0092, section 5). */
export const softwareVersion: Feature = {
  name: 'version',
  specification: 'XEP-0092 1.1',
  install(server) {
    server.namespaces.add(VERSION_NS);
    server.handlers.onIq('bound', 'get', VERSION_NS, 'query', () =>
      element(
        'query',
        VERSION_NS,
        {},
        element('name', VERSION_NS, {}, SOFTWARE_NAME),
        element('version', VERSION_NS, {}, version),
      ),
    );
  },
};
