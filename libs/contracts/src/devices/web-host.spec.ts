import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../schema/parse';
import { webHostOf } from './web-host';

const ITSM_DOMAIN = 'console.company.test';

describe('the host name by which devices and the XMPP server reach the ITSM server', () => {
  it.each([
    [{}, ITSM_DOMAIN],
    [{ ITSM_WEB_HOST: '', BASE_DOMAIN: '' }, ITSM_DOMAIN],
    [{ ITSM_WEB_HOST: ITSM_DOMAIN, BASE_DOMAIN: 'devices.test' }, ITSM_DOMAIN],
    [{ ITSM_WEB_HOST: 'inside.company.test' }, 'inside.company.test'],
    [{ ITSM_WEB_HOST: 'inside.devices.test', BASE_DOMAIN: 'devices.test' }, 'inside.devices.test'],
  ])('%j: %s', (more, host) => expect(webHostOf({ ITSM_DOMAIN, ...more })).toBe(host));

  it.each([
    ['of another domain', 'inside.devices.test'],
    ['that a wildcard does not cover', 'far.inside.company.test'],
    ['of a function', 'work.company.test'],
    ['of a relay', 'rtdc-relay-12.company.test'],
    ['of the XMPP server', 'xmpp.company.test'],
    ['with a port', 'inside.company.test:444'],
    ['that is an address', '192.0.2.1'],
    ['that is the base domain', 'company.test'],
  ])('is no name %s', (_what, ITSM_WEB_HOST) => {
    expect(() => webHostOf({ ITSM_DOMAIN, ITSM_WEB_HOST })).toThrow(InvalidInput);
    expect(() => webHostOf({ ITSM_DOMAIN, ITSM_WEB_HOST })).toThrow(
      'ITSM_WEB_HOST: must be ITSM_DOMAIN, or a name of its own directly below BASE_DOMAIN',
    );
  });
});
