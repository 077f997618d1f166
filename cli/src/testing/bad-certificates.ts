import { execFileSync } from 'node:child_process';
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Made {
  crt: string;
  key: string;
}

/** Certificates of every kind that goes wrong, made by openssl as administrators do. Files are `<name>.crt` and `.key`. */
export class CertificateMaker {
  constructor(private readonly folder: string) {}

  file(name: string): string {
    return join(this.folder, name);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  write(name: string, text: string): string {
    writeFileSync(this.file(name), text);
    return this.file(name);
  }

  authority(name: string, subject: string, issuer?: string): Made {
    return this.make(name, subject, ['basicConstraints=critical,CA:TRUE'], issuer);
  }

  server(name: string, names: readonly string[], issuer: string, dates?: { from: string; to: string }): Made {
    const alternatives = names.map((one) => `${/^[\d.]+$/.test(one) ? 'IP' : 'DNS'}:${one}`).join(',');
    const extensions = ['basicConstraints=CA:FALSE', `subjectAltName=${alternatives}`];
    return this.make(name, names[0] ?? 'server', extensions, issuer, dates);
  }

  key(name: string, passphrase?: string): string {
    this.openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', this.file(name)]);
    if (passphrase !== undefined) this.protect(name, passphrase);
    return this.file(name);
  }

  protect(name: string, passphrase: string): void {
    const plain = this.write(`${name}.plain`, this.read(name));
    const out = ['-out', this.file(name), '-passout', `pass:${passphrase}`];
    this.openssl(['pkcs8', '-topk8', '-in', plain, '-v2', 'aes-256-cbc', ...out]);
  }

  private make(
    name: string,
    subject: string,
    extensions: readonly string[],
    issuer?: string,
    dates?: { from: string; to: string },
  ): Made {
    this.key(`${name}.key`);
    const csr = this.file(`${name}.csr`);
    this.openssl(['req', '-new', '-key', this.file(`${name}.key`), '-subj', `/CN=${subject}`, '-out', csr]);
    const signer = issuer ?? name;
    const extensionFile = this.write(`${name}.ext`, `[x]\n${extensions.join('\n')}\n`);
    const serial = this.write(`${name}.serial`, `${Math.floor(Math.random() * 1e9 + 1e9)}`.padEnd(10, '0'));
    const database = this.write(`${name}.db`, '');
    const config = this.write(
      `${name}.cnf`,
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${database}\nserial=${serial}\nnew_certs_dir=${this.folder}\ndefault_md=sha256\n` +
        `policy=p\ndefault_days=365\nunique_subject=no\n[p]\ncommonName=supplied\n`,
    );
    const by = issuer
      ? ['-cert', this.file(`${signer}.crt`), '-keyfile', this.file(`${signer}.key`)]
      : ['-selfsign', '-keyfile', this.file(`${name}.key`)];
    const time = dates ? ['-startdate', dates.from, '-enddate', dates.to] : [];
    this.openssl([
      ...['ca', '-batch', '-notext', '-config', config, '-in', csr, '-out', this.file(`${name}.crt`)],
      ...['-extfile', extensionFile, '-extensions', 'x', ...by, ...time],
    ]);
    return { crt: this.read(`${name}.crt`), key: this.read(`${name}.key`) };
  }

  private openssl(args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
