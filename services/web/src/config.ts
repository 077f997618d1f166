import { List, OneOf, text, Text, webHostOf, Whole } from '@muster/contracts';
import { OperationsConfig } from './operations/operations.config';

export type WebRole = 'manager' | 'worker' | 'all';

/** Configuration of `web`. Described for administrators in `docs/configuration/web.md`. */
export class WebConfig extends OperationsConfig {
  @OneOf(['manager', 'worker', 'all'], {
    about: 'Which face this process shows: `manager` to consoles, `worker` to devices, or both.',
  })
  WEB_ROLE: WebRole = 'all';

  @Whole({ min: 1, max: 65_535, about: 'Port of the edge as devices and browsers dial it.' })
  EDGE_PORT = 443;
  @Text({
    max: 253,
    optional: true,
    about: 'Host name of the ITSM server for devices: ITSM_DOMAIN, or a name of its own directly below BASE_DOMAIN.',
  })
  ITSM_WEB_HOST: string;
  @List(text({ min: 2, max: 64 }), { max: 16, about: 'IP addresses of the ITSM server; none: devices use DNS.' })
  ITSM_WEB_IP: string[] = [];
  @Text({ max: 253, optional: true, about: 'Host name of the XMPP server; xmpp.<BASE_DOMAIN> when absent.' })
  ITSM_XMPP_HOST: string;
  @List(text({ min: 2, max: 64 }), { max: 16, about: 'IP addresses of the XMPP server; none: devices use DNS.' })
  ITSM_XMPP_IP: string[] = [];
  @Whole({ min: 1, max: 65_535, about: 'Port of the broker for direct TLS as devices dial it.' })
  XMPP_PORT = 443;
  @Text({ max: 253, optional: true, about: 'Domain of device JIDs; xmpp.<BASE_DOMAIN> when absent.' })
  XMPP_DOMAIN: string;
  @Whole({ min: 1, max: 3600, about: 'Seconds between looks at what the endpoint map is made of.' })
  ENDPOINT_MAP_CHECK_SECONDS = 5;
  @Whole({ min: 1, max: 86_400, about: 'Seconds over which connected devices are told of a changed endpoint map.' })
  ENDPOINT_MAP_WAKE_SECONDS = 300;

  @Whole({ min: 1, max: 1_000_000, about: 'Requests a minute that one person, or the tokens of one, may make.' })
  PERSON_REQUESTS_PER_MINUTE = 1_200;
  @Whole({ min: 1, max: 1_000_000, about: 'Requests a minute that one device may make.' })
  DEVICE_REQUESTS_PER_MINUTE = 1_200;
  @Whole({ min: 1, max: 1000, about: 'Enrolments that this process works on at once; the others wait.' })
  ENROLMENTS_AT_ONCE = 16;

  @Whole({ min: 1, max: 1_000, about: 'Filters that one person may save, over all lists.' })
  SAVED_FILTERS_PER_PERSON = 200;

  @Whole({ min: 1, max: 3600, about: 'Seconds between sweeps of presence.' })
  PRESENCE_SWEEP_SECONDS = 2;
  @Whole({ min: 1, max: 86_400, about: "Seconds from a broker node's lapse until its devices count as offline." })
  PRESENCE_OFFLINE_SECONDS = 300;
  @Whole({ min: 10, max: 604_800, about: 'Seconds without a contact after which a polling device counts as offline.' })
  PRESENCE_POLLING_SECONDS = 300;
  @Whole({ min: 1, max: 3600, about: 'Seconds for which a contact of a device is not written again.' })
  CONTACT_SECONDS = 15;

  override derive(): void {
    super.derive();
    this.ITSM_WEB_HOST = webHostOf(this);
    this.ITSM_XMPP_HOST ??= `xmpp.${this.BASE_DOMAIN}`;
    this.XMPP_DOMAIN ??= `xmpp.${this.BASE_DOMAIN}`;
  }
}
