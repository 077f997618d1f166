import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A self-signed certificate (P-256) and its key, PEM. */
export function selfSigned(commonName: string): { certificate: string; key: string } {
  return inFolder((folder) => {
    openssl(
      folder,
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -keyout key.pem -out cert.pem',
      commonName,
    );
    return { certificate: read(folder, 'cert.pem'), key: read(folder, 'key.pem') };
  });
}

/** A PKCS #10 request for a new P-256 key, PEM. */
export function certificateRequest(): string {
  return inFolder((folder) => {
    openssl(
      folder,
      'req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out csr.pem',
      'device',
    );
    return read(folder, 'csr.pem');
  });
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'muster-web-test-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const openssl = (cwd: string, args: string, commonName: string): Buffer =>
  execFileSync('openssl', [...args.split(' '), '-subj', `/CN=${commonName}`], { cwd, stdio: 'pipe' });

const read = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');
