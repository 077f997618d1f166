import { addTrust, removeTrust, type TrustChange } from '../certificates/change-trust';
import { installationOf } from '../certificates/installation';
import { certificatesIn, digestOf, subjectOf } from '../certificates/pem';
import type { ServerTrust } from '../certificates/server-trust';
import { CliError, EXIT } from '../core/exit-codes';
import type { Terminal } from '../core/terminal';
import { defineVerb, type Result } from '../core/verb';
import { rootsIn } from '../setup/given-certificate';
import { joinLine } from './join-option';
import { wholeNumber } from './numbers';
import { SITE_OPTIONS, siteOf } from './site-options';

const WHATS = ['list', 'add', 'remove'];
const PUBLIC = 'public';

defineVerb({
  name: 'cert trust',
  summary: 'Say whose server certificates devices accept besides those of the own CA.',
  arguments: ['list|add|remove', '[FILE|SHA256|public]'],
  options: {
    ...SITE_OPTIONS,
    force: {
      type: 'flag',
      about: 'remove: although a server shows a certificate that devices refuse then, or cannot be asked.',
    },
    wait: { type: 'text', value: 'SECONDS', about: 'How long the endpoint map has to say so; 60 when left out.' },
    'join-hours': {
      type: 'text',
      value: 'HOURS',
      about: 'How long the token for the XMPP server holds; 24 when left out.',
    },
  },
  remarks: [
    'For servers alone: devices, operations, releases and the endpoint map stay under the own CA in every case.',
    'Company CA:  muster cert trust add company-root.crt   (a new root of it the same way, beside the old one)',
    'Public CA:   muster cert trust add public             (all public authorities; with FILE one of them)',
    'No more:     muster cert trust remove SHA256          (its first 8 digits do; as "list" shows it)',
  ],
  async run({ options, positionals: [what = '', which], terminal }): Promise<Result> {
    if (!WHATS.includes(what) || (what === 'list') !== (which === undefined)) {
      const usage = 'It is: muster cert trust list, add FILE, add public, remove SHA256, or remove public.';
      throw new CliError(EXIT.usage, `"${[what, which ?? ''].join(' ').trim()}" is not understood.`, usage);
    }
    const site = siteOf(options);
    if (which === undefined) return { data: { trust: described(site.trust) }, text: inLines(site.trust).join('\n') };
    const how = {
      waitSeconds: wholeNumber('wait', options.wait, 60),
      joinHours: wholeNumber('join-hours', options['join-hours'], 24),
    };
    if (site.kind !== 'itsm') {
      throw new CliError(EXIT.usage, 'Whom devices accept is said on the ITSM server: run this there.');
    }
    const installation = await installationOf(site, terminal);
    const done =
      what === 'add'
        ? await addTrust(installation, offered(which), how)
        : await removeTrust(installation, which, { ...how, force: options.force });
    const data = { ...done, trust: described(done.trust) };
    return { data, text: [...inLines(done.trust), '', ...outcome(done, terminal)].join('\n') };
  },
});

const offered = (which: string): ServerTrust =>
  which === PUBLIC ? { roots: [], public: true } : { roots: rootsIn(which), public: false };

const described = ({ roots, public: open }: ServerTrust) => ({
  roots: roots
    .flatMap((pem) => certificatesIn(pem))
    .map((root) => ({
      ...{ subject: subjectOf(root), sha256: digestOf(root) },
      until: new Date(root.validTo).toISOString(),
    })),
  public: open,
});

function inLines(trust: ServerTrust): string[] {
  const { roots, public: open } = described(trust);
  if (roots.length === 0 && !open) return ['Devices accept servers under the own CA alone.'];
  return [
    'Besides those of the own CA, devices accept servers under',
    ...roots.map(({ subject, sha256, until }) => `  ${sha256.slice(0, 16)}  ${subject}, until ${until.slice(0, 10)}`),
    ...(open ? ['  public authorities'] : []),
  ];
}

function outcome({ changed, told, joinFile }: TrustChange, terminal: Terminal): string[] {
  if (changed.length === 0) return ['It was so before.'];
  const devices =
    told === undefined
      ? 'The edge does not run; devices hear of it when it does.'
      : told
        ? 'Connected devices are told of the new endpoint map over some minutes; others ask for it when they come.'
        : 'The endpoint map does not say so yet; see "muster logs key-manager".';
  const token = joinFile
    ? ['', 'The XMPP server learns it by one line:', joinLine('muster cert replace server', joinFile, terminal)]
    : [];
  return [devices, 'Copy install lines anew: they carry the digest of the roots.', ...token];
}
