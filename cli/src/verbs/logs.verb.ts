import { defineVerb } from '../core/verb';
import { wholeNumber } from './numbers';
import { SITE_OPTIONS, siteOf } from './site-options';

defineVerb({
  name: 'logs',
  summary: "Show the end of a service's log.",
  arguments: ['SERVICE'],
  options: {
    ...SITE_OPTIONS,
    lines: { type: 'text', value: 'NUMBER', about: 'How many lines; 200 when left out.' },
    follow: { type: 'flag', about: 'Go on with what is written from now on, until Ctrl-C.' },
  },
  async run({ options, positionals: [service = ''], json }) {
    const { stack } = siteOf(options);
    const lines = wholeNumber('lines', options.lines, 200);
    if (json) {
      const text = await stack.lastLines(service, lines);
      return { data: { service, lines: text.split('\n').filter(Boolean) }, text };
    }
    await stack.logs(service, { lines, follow: options.follow });
    return undefined;
  },
});
