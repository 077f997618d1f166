import type { Endpoint } from '@muster/contracts';
import type { WebConfig } from '../config';

type Hosts = Pick<
  WebConfig,
  'ITSM_WEB_HOST' | 'BASE_DOMAIN' | 'EDGE_PORT' | 'ITSM_WEB_IP' | 'ITSM_XMPP_HOST' | 'ITSM_XMPP_IP' | 'XMPP_PORT'
>;

/** Where each function that exists today is served. A function joins the map when its service joins the suite. */
export function endpointsOf(config: Hosts): Endpoint[] {
  const web = { addresses: config.ITSM_WEB_IP, port: config.EDGE_PORT, priority: 0, pins: [] };
  const main = { ...web, hostName: config.ITSM_WEB_HOST };
  return [
    { ...main, function: 'enrol', path: '/enrol' },
    { ...main, function: 'renew', path: '/renew' },
    { ...web, function: 'sync', hostName: `work.${config.BASE_DOMAIN}`, path: '/sync' },
    // Their routes say the whole path.
    { ...web, function: 'rmm', hostName: `rmm-api.${config.BASE_DOMAIN}`, path: '' },
    { ...web, function: 'plugins', hostName: `plugins-api.${config.BASE_DOMAIN}`, path: '' },
    { ...web, function: 'audit', hostName: `auditlogs-api.${config.BASE_DOMAIN}`, path: '' },
    { ...web, function: 'downloads', hostName: `dl.${config.BASE_DOMAIN}`, path: '' },
    { ...web, function: 'bip', hostName: `bip.${config.BASE_DOMAIN}`, path: '/bip' },
    {
      function: 'push',
      hostName: config.ITSM_XMPP_HOST,
      addresses: config.ITSM_XMPP_IP,
      port: config.XMPP_PORT,
      path: '',
      priority: 0,
      pins: [],
    },
  ];
}
