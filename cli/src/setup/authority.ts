import { X509Certificate } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  lstatSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError, EXIT } from '../core/exit-codes';
import { Commands } from '../site/commands';
import { certificatesIn, isFor } from '../certificates/pem';
import { CONTAINER_USER } from './secrets';

const RENEW_WITHIN_MS = 30 * 86_400_000;

export interface ServerFiles {
  /** Leaf and chain, PEM. */
  certificate: string;
  key: string;
  /** Key, leaf, chain and root in one. */
  together: string;
}

/** A certificate authority of one's own, made and used through `certs-templates/make-certs.sh`. */
export class OwnAuthority {
  constructor(
    readonly folder: string,
    private readonly script: string,
    private readonly commands: Commands = new Commands(),
  ) {}

  get exists(): boolean {
    return existsSync(join(this.folder, 'roots')) && this.rootFiles().length > 0;
  }

  /** Makes root, issuing CAs and signing delegations where there are none. @returns whether it did */
  async make(name: string): Promise<boolean> {
    if (this.exists) return false;
    if (existsSync(this.folder) && readdirSync(this.folder).length > 0) {
      throw new CliError(
        EXIT.config,
        `${this.folder} is not empty and holds no authority.`,
        'Bring back its roots/ from your backup, or remove the folder if nothing was enrolled with it.',
      );
    }
    const made = `${this.folder}.new`;
    rmSync(made, { recursive: true, force: true });
    await this.run(['init', made, name]);
    giveAll(made);
    rmSync(this.folder, { recursive: true, force: true }); // empty
    renameSync(made, this.folder);
    return true;
  }

  /**
   * A new root beside the one that is current, with everything below it. One that was cut off goes on.
   * @throws CliError when the current root's key is not here
   */
  async roll(name: string): Promise<void> {
    await this.run(['roll', this.folder, name]);
  }

  /** Takes every root but the newest out of use. */
  async retire(): Promise<void> {
    await this.run(['retire', this.folder]);
  }

  /** A new issuing CA under the current root. @throws CliError when that root's key is not here */
  async reissue(purpose: 'devices' | 'servers', name: string): Promise<void> {
    await this.run(['issuing', this.folder, purpose, name]);
  }

  /** PEM of every root. */
  roots(): string[] {
    return this.rootFiles().map((file) => readFileSync(file, 'utf8'));
  }

  /** Whether a root is one of this authority's. */
  holds(pem: string): boolean {
    const { fingerprint256 } = new X509Certificate(pem);
    return this.roots().some((root) => new X509Certificate(root).fingerprint256 === fingerprint256);
  }

  /** SHA-256 of the newest root, lower-case hex. */
  fingerprint(): string {
    const newest = this.roots()
      .map((pem) => new X509Certificate(pem))
      .sort((one, other) => Date.parse(other.validFrom) - Date.parse(one.validFrom))[0];
    return newest?.fingerprint256.replaceAll(':', '').toLowerCase() ?? '';
  }

  /** A server certificate (825 days) for these names. @throws CliError when the issuing key is not here */
  async issue(names: readonly string[]): Promise<ServerFiles> {
    const folder = mkdtempSync(join(tmpdir(), 'muster-issue-'));
    try {
      await this.run(['server', this.folder, folder, ...names]);
      const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
      return { certificate: text('cert.crt'), key: text('cert.key'), together: text('xmpp.pem') };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  private rootFiles(): string[] {
    const folder = join(this.folder, 'roots');
    if (!existsSync(folder)) return [];
    const names = readdirSync(folder).filter((name) => name.endsWith('.crt'));
    return names.sort().map((name) => join(folder, name));
  }

  private async run(args: readonly string[]): Promise<void> {
    const reply = await this.commands.try({ file: 'sh', args: [this.script, ...args] });
    if (reply.code === 0) return;
    const reason = reply.errors.trim().split('\n').at(-1) || `exit code ${reply.code}`;
    throw new CliError(EXIT.cannotCreate, `The certificates could not be made: ${reason}`);
  }
}

/** Whether a certificate has to be made anew: not there, not readable, about to end, or not for all names. */
export function needsIssuing(file: string, names: readonly string[], now = Date.now()): boolean {
  if (!existsSync(file)) return true;
  try {
    const [leaf] = certificatesIn(readFileSync(file, 'utf8'));
    if (!leaf || Date.parse(leaf.validTo) - now < RENEW_WITHIN_MS) return true;
    return names.some((name) => !isFor(leaf, name));
  } catch {
    return true;
  }
}

/** The script, in the first of these folders (or above it) that has it. @throws CliError */
export function findCertificateScript(places: readonly string[]): string {
  for (const place of places) {
    const script = join(place, 'certs-templates/make-certs.sh');
    if (existsSync(script)) return script;
  }
  throw new CliError(
    EXIT.config,
    'certs-templates/make-certs.sh is not there.',
    'Unpack the whole release, and run muster from its folder.',
  );
}

function giveAll(path: string): void {
  if (process.getuid?.() !== 0) return;
  if (lstatSync(path).isSymbolicLink()) return;
  chownSync(path, CONTAINER_USER, CONTAINER_USER);
  if (!statSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) giveAll(join(path, name));
}
