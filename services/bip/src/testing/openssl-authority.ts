import { execFileSync } from 'node:child_process';
import { createHash, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PURPOSE_OIDS, type Signed } from '@muster/contracts';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** A root that signs with openssl, for one test file. */
export class OpensslAuthority {
  constructor(
    private readonly folder: string,
    private readonly name = 'root',
  ) {
    this.openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      this.at('key'),
      '-out',
      this.at('crt'),
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
    );
  }

  get rootPem(): string {
    return readFileSync(this.at('crt'), 'utf8');
  }

  /** A server's key and certificate for these names. */
  server(names: string): { key: string; cert: string } {
    return this.leaf('server', `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`);
  }

  /** Signs a text as the delegate of the endpoint map's purpose. */
  signMap(payload: string): Signed {
    const { key, cert } = this.leaf('map', `extendedKeyUsage=${PURPOSE_OIDS['endpoint-map']}\n`);
    const signature = sign('sha256', Buffer.from(payload, 'utf8'), { key, dsaEncoding: 'der' });
    return { payload, signature: signature.toString('base64'), delegation: [cert] };
  }

  /** Certifies a device's key from its request. */
  certify(request: string, deviceId: string): string {
    const name = createHash('sha256').update(request).digest('hex').slice(0, 8);
    writeFileSync(this.at(`${name}.csr`), request);
    return this.issue(name, 'extendedKeyUsage=clientAuth\n', ['-subj', `/CN=${deviceId}`]);
  }

  private leaf(name: string, extensions: string): { key: string; cert: string } {
    const key = this.at(`${name}.key`);
    this.openssl('req', ...NEW_KEY, '-keyout', key, '-out', this.at(`${name}.csr`), '-subj', `/CN=${name}`);
    return { cert: this.issue(name, extensions), key: readFileSync(key, 'utf8') };
  }

  private issue(name: string, extensions: string, more: string[] = []): string {
    writeFileSync(this.at(`${name}.ext`), `basicConstraints=critical,CA:false\n${extensions}`);
    const signing = ['-CA', this.at('crt'), '-CAkey', this.at('key'), '-CAcreateserial', '-days', '1'];
    this.openssl(
      'x509',
      '-req',
      '-in',
      this.at(`${name}.csr`),
      '-out',
      this.at(`${name}.crt`),
      ...signing,
      '-extfile',
      this.at(`${name}.ext`),
      ...more,
    );
    return readFileSync(this.at(`${name}.crt`), 'utf8');
  }

  private openssl(...given: string[]): void {
    execFileSync('openssl', given, { stdio: 'pipe' });
  }

  private at(file: string): string {
    return join(this.folder, `${this.name}-${file}`);
  }
}
