import { duration } from '../api/inactive-devices';
import { installationOf } from '../certificates/installation';
import { finishRoll, type RollOutcome, rollIssuing, rollRoot } from '../certificates/roll';
import { type RollStatus, rollStatus } from '../certificates/roll-status';
import { statusInWords } from '../certificates/roll-words';
import { CliError, EXIT } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import { defineVerb, type Result } from '../core/verb';
import { joinLine } from './join-option';
import { wholeNumber } from './numbers';
import { SITE_OPTIONS, siteOf } from './site-options';

const SEEN = '30d';
const REPLACE = 'muster cert replace server';

defineVerb({
  name: 'cert roll',
  summary: 'Replace the root or an issuing CA of the own CA, with devices online or asleep.',
  arguments: ['root|devices|servers|status|finish'],
  options: {
    ...SITE_OPTIONS,
    seen: {
      type: 'text',
      value: 'TIME',
      about: `finish: wait for devices with a contact so long ago at most; ${SEEN} when left out.`,
    },
    joined: { type: 'flag', about: 'finish: the XMPP server, out of reach from here, has taken its part.' },
    force: { type: 'flag', about: 'finish: whatever still hangs on the old root.' },
    wait: { type: 'text', value: 'SECONDS', about: 'How long the server has to take what is new; 60 when left out.' },
    'join-hours': {
      type: 'text',
      value: 'HOURS',
      about: 'How long the token for the XMPP server holds; 24 when left out.',
    },
  },
  remarks: [
    'root     a second root beside the first; everything that is issued from now on is under it. Run it again if it was cut off',
    'status   how many devices have which root, and who has not come yet',
    'finish   the old root is trusted no more; refused while devices that were seen lately hang on it',
    'devices  a new issuing CA for devices, under the same root',
    'servers  a new issuing CA for servers, under the same root, and new certificates for both servers',
  ],
  async run({ options, positionals: [what = ''], terminal }): Promise<Result> {
    if (!WHATS.some((one) => one === what)) {
      throw new CliError(EXIT.usage, `"${what}" cannot be rolled over.`, `It is one of: ${WHATS.join(', ')}.`);
    }
    const installation = await installationOf(siteOf(options), terminal);
    const seenMs = duration(options.seen ?? SEEN);
    const how = {
      waitSeconds: wholeNumber('wait', options.wait, 60),
      joinHours: wholeNumber('join-hours', options['join-hours'], 24),
    };
    const status = (): Promise<RollStatus> => rollStatus(installation, seenMs);
    if (what === 'status') {
      const found = await status();
      return { data: found, text: statusInWords(found) };
    }
    if (what === 'finish') {
      const done = await finishRoll(installation, { ...how, seenMs, joined: options.joined, force: options.force });
      const lines =
        done.retired.length === 0
          ? ['No roll-over is under way.']
          : [
              `Retired: ${done.retired.join(', ')}. ${done.takenUp ? 'The edge has forgotten it.' : 'The edge does not run; it starts without it.'}`,
              'Copy install lines anew, and publish releases of the agent again: their signatures are of the old root.',
              ...forXmpp(done.joinFile, terminal),
            ];
      return { data: done, text: [...lines, '', statusInWords(done.status)].join('\n') };
    }
    const made =
      what === 'root'
        ? await rollRoot(installation, how)
        : await rollIssuing(installation, what === 'devices' ? 'devices' : 'servers', how);
    const found = await status();
    const text = [...outcomeInWords(made, what), ...(what === 'devices' ? [] : forXmpp(made.joinFile, terminal))];
    return { data: { ...made, status: found }, text: [...text, '', statusInWords(found)].join('\n') };
  },
});

const WHATS = ['root', 'devices', 'servers', 'status', 'finish'];

const forXmpp = (file: string | undefined, terminal: Terminal): string[] =>
  file === undefined ? [] : ['', 'The XMPP server takes its part by one line:', joinLine(REPLACE, file, terminal)];

function outcomeInWords({ made, server }: RollOutcome, what: string): string[] {
  const lines = [made ? `Made: ${made.subject}, SHA-256 ${made.sha256}.` : 'What was to be made is there.'];
  if (server) {
    const now = server.served ? 'This server shows' : 'This server will show';
    lines.push(
      `${now} a certificate under it, until ${server.until.slice(0, 10)}; the one before is in ${server.kept}.`,
    );
  }
  if (what === 'root')
    lines.push('Connected devices are told and renew, spread over some minutes; sleeping ones when they wake.');
  if (what === 'devices') lines.push('Devices get certificates of it as they renew; those that they have stay valid.');
  return lines;
}
