import { existsSync, readFileSync } from 'node:fs';
import type { X509Certificate } from 'node:crypto';
import { type AuthorityPart, authorityParts } from '../certificates/authority-parts';
import { certificatesIn, digestOf, issuerOf, subjectOf } from '../certificates/pem';
import { inspectCertificate } from '../certificates/inspect';
import { type Installation, installationOf } from '../certificates/installation';
import { type RollStatus, rollStatus } from '../certificates/roll-status';
import { statusInWords } from '../certificates/roll-words';
import type { ServerTrust } from '../certificates/server-trust';
import { servedCertificateCheck } from '../certificates/served';
import { exitCodeOf, inWords } from '../checks/run-checks';
import { table } from '../core/table';
import { defineVerb } from '../core/verb';
import { authorityFolder } from '../setup/server-files';
import { SITE_OPTIONS, siteOf } from './site-options';
import './cert-replace.verb';
import './cert-roll.verb';
import './cert-trust.verb';

const SEEN_MS = 30 * 86_400_000;

const describe = (certificate: X509Certificate) => ({
  subject: subjectOf(certificate),
  issuer: issuerOf(certificate),
  names: (certificate.subjectAltName ?? '').split(', ').filter(Boolean),
  from: new Date(certificate.validFrom).toISOString(),
  until: new Date(certificate.validTo).toISOString(),
  serial: certificate.serialNumber.toLowerCase(),
  sha256: digestOf(certificate),
});
type Described = ReturnType<typeof describe>;

defineVerb({
  name: 'cert show',
  summary:
    'Certificates in use here, the own CA with what ends when, and how many devices have which root; what is wrong.',
  options: SITE_OPTIONS,
  async run({ options, terminal }) {
    const site = siteOf(options);
    const servers = await Promise.all(
      site.certificates.map(async ({ certificate, place }) => ({
        file: certificate.file,
        chain: existsSync(certificate.file) ? readable(readFileSync(certificate.file, 'utf8')) : [],
        findings: [
          ...(await inspectCertificate(certificate, new Date())),
          ...(await servedCertificateCheck(certificate.file, place).run()),
        ],
      })),
    );
    const roots = site.roots.flatMap(readable);
    const hubRoots = site.hubRoots?.flatMap(readable);
    const trust = { roots: site.trust.roots.flatMap(readable), public: site.trust.public };
    const own = site.kind === 'itsm' ? await authorityIn(await installationOf(site, terminal)) : undefined;
    const findings = servers.flatMap((server) => server.findings);
    const blocks = [
      ...servers.map(({ file, chain }) => [file, ...chain.flatMap(lines)].join('\n')),
      ['Roots of the devices', ...roots.flatMap(lines)].join('\n'),
      trustInWords(site.trust),
      ...(hubRoots ? [['Roots of the link to the ITSM server', ...hubRoots.flatMap(lines)].join('\n')] : []),
      ...(own ? [partsInWords(own.parts), statusInWords(own.status)] : []),
      inWords(findings, terminal),
    ];
    const authority = own ? { authority: own.parts, status: own.status } : {};
    const data = { servers, roots, trust, ...(hubRoots ? { hubRoots } : {}), ...authority };
    return { data, text: blocks.join('\n\n'), exitCode: exitCodeOf(findings) };
  },
});

interface OwnParts {
  parts: (Described & Pick<AuthorityPart, 'kind' | 'file'> & { keyIsHere: boolean })[];
  status: RollStatus;
}

/** What the own CA consists of; nothing where its folder is gone. */
async function authorityIn(installation: Installation): Promise<OwnParts | undefined> {
  const folder = authorityFolder(installation.site.folder, installation.variables);
  if (authorityParts(folder).length === 0) return undefined;
  const parts = authorityParts(folder).map(({ kind, file, certificate }) => ({
    ...{ kind, file, keyIsHere: existsSync(`${folder}/${file.replace(/\.crt$/, '.key')}`) },
    ...describe(certificate),
  }));
  return { parts, status: await rollStatus(installation, SEEN_MS) };
}

const partsInWords = (parts: OwnParts['parts']): string =>
  [
    'The own CA',
    table(
      ['  file', 'certificate', 'signed by', 'ends', 'key'],
      parts.map((one) => [
        `  ${one.file}`,
        one.subject,
        one.issuer,
        one.until.slice(0, 10),
        one.kind === 'cross' ? '' : one.keyIsHere ? 'here' : 'elsewhere',
      ]),
    ),
  ].join('\n');

/** Whom devices accept as servers besides the own CA. */
export const trustInWords = ({ roots, public: open }: ServerTrust): string =>
  [
    'Besides those of the own CA, devices accept servers under',
    ...roots.flatMap(readable).flatMap(lines),
    ...(open ? ['  public authorities'] : []),
    ...(roots.length === 0 && !open ? ['  nobody'] : []),
  ].join('\n');

function readable(pem: string): Described[] {
  try {
    return certificatesIn(pem).map(describe);
  } catch {
    return []; // the findings say that it is damaged
  }
}

const lines = ({ subject, issuer, names, from, until, sha256 }: Described): string[] => [
  `  ${subject}`,
  `    signed by ${issuer}`,
  ...(names.length > 0 ? [`    for ${names.map((name) => name.replace(/^(DNS|IP Address):/, '')).join(', ')}`] : []),
  `    from ${from.slice(0, 10)} until ${until.slice(0, 10)}`,
  `    SHA-256 ${sha256}`,
];
