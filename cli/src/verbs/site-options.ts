import type { OptionSpecs } from '../core/verb';
import { openSite, type Site } from '../site/site';

/** Options of every verb that looks at what is set up here. */
export const SITE_OPTIONS = {
  dir: {
    type: 'text',
    value: 'DIR',
    about: "The server's folder; /opt/muster/itsm or xmpp, or this one, when left out.",
  },
  local: { type: 'text', value: 'DIR', about: 'Data folder of a local stack (npm start) instead.' },
} as const satisfies OptionSpecs;

export const siteOf = (options: { dir: string | undefined; local: string | undefined }): Site =>
  openSite({
    ...(options.dir === undefined ? {} : { dir: options.dir }),
    ...(options.local === undefined ? {} : { local: options.local }),
  });
