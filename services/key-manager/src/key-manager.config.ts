import { Flag, List, text, Text, webHostOf, Whole } from '@muster/contracts';
import { DatabaseConfigFields } from '@muster/service-kit/database';

/** Configuration of the key manager. Described for administrators in `docs/configuration/key-manager.md`. */
export class KeyManagerConfig extends DatabaseConfigFields {
  @Text({ min: 1, max: 1000, about: 'Folder of the certificate authority: roots/, cross/, issuing/ and signing/.' })
  CA_DIR: string;
  @Flag({ about: 'Make the authority at the first start when CA_DIR holds no root.' }) CA_CREATE = false;
  @Whole({ min: 1, max: 3600, about: 'Seconds between looks at CA_DIR: a replaced file is used after at most this.' })
  CA_RELOAD_SECONDS = 5;
  @Whole({ min: 1, max: 825, about: 'Days that a device certificate is valid.' }) CERTIFICATE_DAYS = 90;
  @Whole({ min: 1, max: 824, about: 'Days after which a device renews its certificate.' }) RENEW_AFTER_DAYS = 60;
  @Text({ max: 253, optional: true, about: 'Domain of device JIDs; xmpp.<BASE_DOMAIN> when absent.' })
  XMPP_DOMAIN: string;
  @Text({
    max: 253,
    optional: true,
    about: 'Host name of the ITSM server for devices: ITSM_DOMAIN, or a name of its own directly below BASE_DOMAIN.',
  })
  ITSM_WEB_HOST: string;
  @List(text({ min: 2, max: 64 }), { max: 16, about: 'IP addresses of the ITSM server; none: devices use DNS.' })
  ITSM_WEB_IP: string[] = [];
  @Whole({ min: 1, max: 65_535, about: 'Port at which devices and browsers reach the edge.' }) EDGE_PORT = 443;
  @Text({ max: 256, optional: true, about: 'Password of the first owner; to be changed at the first sign-in.' })
  FIRST_ADMIN_PASSWORD?: string;
  @Text({
    min: 20,
    max: 128,
    pattern: /^[A-Za-z0-9_-]+$/,
    optional: true,
    about: 'A registration key to make at the first start, for devices that enrol before anybody signed in.',
  })
  FIRST_REGISTRATION_KEY?: string;
  @Whole({ min: 1, max: 8760, about: 'Hours after which the registration key of the first start expires.' })
  FIRST_REGISTRATION_KEY_HOURS = 24;
  @Whole({ min: 1, max: 10_080, about: 'Minutes without use after which a session ends.' }) SESSION_IDLE_MINUTES = 60;
  @Whole({ min: 1, max: 720, about: 'Hours after which a session ends in any case.' }) SESSION_HOURS = 12;
  @Whole({ min: 2, max: 100, about: 'Failed sign-ins in a row after which a user is locked out for a while.' })
  LOCK_OUT_AFTER = 5;
  @Whole({ min: 1, max: 100_000, about: 'Failed sign-ins, wrong keys or wrong renewals per address in 15 minutes.' })
  FAILURES_PER_ADDRESS = 100;
  @Whole({
    min: 1,
    max: 100_000,
    about: 'Refused sign-ins a minute that this process tells the audit log; what is beyond is counted in its own log.',
  })
  REFUSED_SIGN_INS_PER_MINUTE = 300;
  @Whole({
    min: 1,
    max: 86_400,
    about:
      'Seconds for which refused enrolments are counted: then the audit log is told, once for each network and reason.',
  })
  REFUSED_ENROLMENTS_SECONDS = 60;
  @Whole({
    min: 1,
    max: 10_000,
    about: 'Networks and reasons that one such round tells apart; what is beyond is counted together.',
  })
  REFUSED_ENROLMENTS_MOST = 50;

  @Text({
    min: 32,
    max: 500,
    optional: true,
    about:
      'Secret that passwords which must be read again (of the mail server) are encrypted with; made once in CA_DIR/secrets when absent.',
  })
  SECRETS_KEY?: string;
  @Whole({ min: 1, max: 8760, about: 'Hours that the link of an invitation is valid.' }) INVITATION_HOURS = 168;
  @Whole({ min: 1, max: 10_080, about: 'Minutes that a link for a new password is valid.' })
  PASSWORD_RESET_MINUTES = 60;
  @Whole({ min: 1, max: 100_000, about: 'Links for a new password that one e-mail address gets in 15 minutes.' })
  PASSWORD_RESETS_PER_EMAIL = 3;
  @Whole({ min: 1, max: 100_000, about: 'Links for a new password that one network address asks for in 15 minutes.' })
  PASSWORD_RESETS_PER_ADDRESS = 30;
  @Whole({ min: 1, max: 300, about: 'Seconds that the mail server has for each step; twice that for a message.' })
  EMAIL_TIMEOUT_SECONDS = 15;
  @Whole({ min: 1, max: 3600, about: 'Seconds between looks for mail that other instances queued or left.' })
  EMAIL_POLL_SECONDS = 5;
  @Whole({
    min: 1,
    max: 3600,
    about: 'Seconds until a message that could not be sent is tried again; doubled each time, up to an hour.',
  })
  EMAIL_RETRY_SECONDS = 30;
  @Whole({ min: 1, max: 720, about: 'Hours after which a message that could not be sent is given up.' })
  EMAIL_RETRY_HOURS = 48;

  override derive(): void {
    super.derive();
    this.ITSM_WEB_HOST = webHostOf(this);
    this.XMPP_DOMAIN ??= `xmpp.${this.BASE_DOMAIN}`;
  }
}
