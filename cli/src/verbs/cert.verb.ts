import { existsSync, readFileSync } from 'node:fs';
import type { X509Certificate } from 'node:crypto';
import { certificatesIn, issuerOf, subjectOf } from '../certificates/pem';
import { inspectCertificate } from '../certificates/inspect';
import { exitCodeOf, inWords } from '../checks/run-checks';
import { defineVerb } from '../core/verb';
import { SITE_OPTIONS, siteOf } from './site-options';

const describe = (certificate: X509Certificate) => ({
  subject: subjectOf(certificate),
  issuer: issuerOf(certificate),
  names: (certificate.subjectAltName ?? '').split(', ').filter(Boolean),
  from: new Date(certificate.validFrom).toISOString(),
  until: new Date(certificate.validTo).toISOString(),
  serial: certificate.serialNumber.toLowerCase(),
  sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
});
type Described = ReturnType<typeof describe>;

defineVerb({
  name: 'cert show',
  summary: 'Certificates of this server and roots that devices trust, with what is wrong with them.',
  options: SITE_OPTIONS,
  async run({ options, terminal }) {
    const site = siteOf(options);
    const servers = await Promise.all(
      site.certificates.map(async ({ certificate }) => ({
        file: certificate.file,
        chain: existsSync(certificate.file) ? readable(readFileSync(certificate.file, 'utf8')) : [],
        findings: await inspectCertificate(certificate, new Date()),
      })),
    );
    const roots = site.roots.flatMap(readable);
    const findings = servers.flatMap((server) => server.findings);
    const blocks = servers.map(({ file, chain }) => [file, ...chain.flatMap(lines)].join('\n'));
    const text = [...blocks, ['Roots of the devices', ...roots.flatMap(lines)].join('\n'), inWords(findings, terminal)];
    return { data: { servers, roots }, text: text.join('\n\n'), exitCode: exitCodeOf(findings) };
  },
});

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
