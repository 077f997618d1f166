import { EXIT } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import { defineVerb } from '../core/verb';
import { isWell, type Part } from '../stack/stack';
import { SITE_OPTIONS, siteOf } from './site-options';

defineVerb({
  name: 'status',
  summary: 'Say which parts run, in a line each.',
  options: SITE_OPTIONS,
  remarks: ['Exit code 0: everything is ready. For reasons ask "muster doctor".'],
  async run({ options, terminal }) {
    const site = siteOf(options);
    const parts = await site.stack.parts();
    const ready = parts.length > 0 && parts.every((part) => isWell(part) && part.state !== 'starting');
    const width = Math.max(0, ...parts.map(({ name }) => name.length));
    const lines = parts.map((part) => `${part.name.padEnd(width)}  ${words(part, terminal)}`);
    const end = ready ? 'Everything is ready.' : 'Not everything is ready: "muster doctor" says why.';
    return {
      data: { server: site.kind, folder: site.folder, ready, parts },
      text: [...lines, end].join('\n'),
      exitCode: ready ? EXIT.ok : EXIT.faults,
    };
  },
});

function words(part: Part, terminal: Terminal): string {
  const { state, healthy, restarts, reason } = part;
  const word = state === 'running' ? (healthy === false ? 'not ready' : 'ready') : state;
  const colour = isWell(part) ? (state === 'starting' ? 'yellow' : 'green') : 'red';
  const more = [...(restarts > 0 ? [`${restarts} restarts`] : []), ...(reason ? [reason] : [])];
  return terminal.colour(colour, word) + (more.length > 0 ? `  (${more.join('; ')})` : '');
}
