import { inWords } from '../checks/run-checks';
import { CliError, EXIT } from '../core/exit-codes';
import { defineVerb, type OptionValues, type Result } from '../core/verb';
import { type Installation, installationOf } from '../certificates/installation';
import { certificatesIn, subjectOf } from '../certificates/pem';
import { type Joined, replaceByJoin } from '../certificates/replace-joined';
import { replaceByGiven, replaceBySelf, type Replaced, type ReplaceOptions } from '../certificates/replace-server';
import type { GivenFiles } from '../setup/given-certificate';
import { givenJoin, joinLine } from './join-option';
import { wholeNumber } from './numbers';
import { SITE_OPTIONS, siteOf } from './site-options';

const OPTIONS = {
  ...SITE_OPTIONS,
  cert: { type: 'text', value: 'FILE', about: 'The new certificate (PEM), with its chain or with --chain.' },
  key: { type: 'text', value: 'FILE', about: 'Its private key; in the file of --cert when left out.' },
  chain: { type: 'text', value: 'FILE', about: 'Intermediate certificates, when they are in a file of their own.' },
  root: {
    type: 'text',
    value: 'FILE',
    about: 'Root of the company CA that it leads to; on the ITSM server devices accept servers under it from then on.',
  },
  'public-ca': {
    type: 'flag',
    about: 'ITSM server: it is of a public CA; devices accept servers with certificates of any from then on.',
  },
  'key-passphrase-file': { type: 'text', value: 'FILE', about: 'File with the passphrase of the private key.' },
  self: { type: 'flag', about: 'ITSM server: a new one of the own CA, for the same names.' },
  join: {
    type: 'text',
    value: 'TOKEN|FILE|-',
    about: 'XMPP server: certificate and roots that the ITSM server handed out; - reads it from standard input.',
    secret: true,
  },
  wait: { type: 'text', value: 'SECONDS', about: 'How long the server has to take it; 60 when left out.' },
  force: {
    type: 'flag',
    about:
      'Go on with a certificate that devices do not accept; with --join: that of the token in the place of another CA’s.',
  },
} as const;
type Options = OptionValues<typeof OPTIONS>;

defineVerb({
  name: 'cert replace',
  summary:
    'Replace the certificate of this server while it runs; put the old one back when the server does not take it.',
  arguments: ['server'],
  options: OPTIONS,
  remarks: [
    'Names, dates, chain, order, key and passphrase are checked first; nothing changes when one does not fit.',
    'No connection is dropped: new ones get the new certificate. Files from before are kept in replaced-certificates/.',
    'From a file:  muster cert replace server --cert new.crt --key new.key [--chain chain.crt]',
    'Company CA:   the same with --root company-root.crt; public CA: the same with --public-ca',
    'Own CA:       muster cert replace server --self',
    'XMPP server:  muster cert replace server --join TOKEN   (the ITSM server writes it: muster cert roll, muster setup)',
  ],
  async run({ options, positionals, terminal }): Promise<Result> {
    if (positionals[0] !== 'server') {
      throw new CliError(EXIT.usage, `"${positionals[0]}" cannot be replaced.`, 'It is: muster cert replace server.');
    }
    const ways = [options.cert !== undefined, options.self, options.join !== undefined].filter(Boolean).length;
    if (ways !== 1) {
      throw new CliError(
        EXIT.usage,
        'Where does the new certificate come from?',
        'Give one of --cert, --self and --join.',
      );
    }
    const installation = await installationOf(siteOf(options), terminal);
    const done = await replace(installation, options);
    return { data: done, text: [inWords(done.findings, terminal), words(done, installation)].join('\n') };
  },
});

async function replace(installation: Installation, options: Options): Promise<Replaced | Joined> {
  const how: ReplaceOptions = { waitSeconds: wholeNumber('wait', options.wait, 60), force: options.force };
  if (options.join !== undefined) return replaceByJoin(installation, await givenJoin(options.join), how);
  return options.cert === undefined
    ? replaceBySelf(installation, how)
    : replaceByGiven(installation, filesOf(options, options.cert), how);
}

const filesOf = (options: Options, certificate: string): GivenFiles => ({
  certificate,
  ...(options.key ? { key: options.key } : {}),
  ...(options.chain ? { chain: options.chain } : {}),
  ...(options.root ? { root: options.root } : {}),
  ...(options['public-ca'] ? { publicCa: true } : {}),
  ...(options['key-passphrase-file'] ? { passphraseFile: options['key-passphrase-file'] } : {}),
});

const COMMAND = 'muster cert replace server';

function words(done: Replaced | Joined, { part, terminal }: Installation): string {
  const lines = [
    done.served
      ? `${part} serves ${done.subject} until ${done.until.slice(0, 10)}.`
      : `${done.subject}, until ${done.until.slice(0, 10)}, is in place; ${part} does not run, and takes it when it does.`,
  ];
  if ('keeps' in done && done.keeps) lines.push('The certificate stays as it is; the roots are new.');
  if (done.added) {
    lines.push(
      done.added.public
        ? 'From now on devices accept servers with certificates of public authorities.'
        : `From now on devices accept servers under ${done.added.roots
            .flatMap((pem) => certificatesIn(pem))
            .map(subjectOf)
            .join(', ')}.`,
      'Copy install lines anew: they carry the digest of the roots.',
    );
  }
  if (done.restarted.length > 0) lines.push(`Started anew: ${done.restarted.join(', ')}.`);
  if (done.joinFile) {
    lines.push(
      'The link between the servers needs it too. On the XMPP server:',
      joinLine(COMMAND, done.joinFile, terminal),
    );
  }
  if (done.kept) lines.push(`The files from before are in ${done.kept}.`);
  return lines.join('\n');
}
