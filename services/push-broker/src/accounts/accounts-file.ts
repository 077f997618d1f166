import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Account, Accounts, ScramHash, StoredSecret } from '../core/accounts';
import { localpart } from '../core/jid';
import { opaqueString } from '../core/precis';
import { parseVerifier } from './scram-verifier';
import { DecoySecret, ITERATIONS, KnownSecret, Salts, type SecretHmac, VerifiedSecret } from './secrets';

export interface AccountsFileOptions {
  path: string;
  /** What salts are made from: the same on every node and after each start, known to nobody else. */
  saltKey: Buffer;
  /** Names that are kept for others, such as devices. */
  isReserved?: (username: string) => boolean;
}

interface Entry {
  account: Account;
  secret: StoredSecret;
  /** Of the line, so that a change of the secret is noticed. */
  digest: string;
}

/** All that is wrong with a file of accounts, a line each. */
export class AccountsFileFault extends Error {
  constructor(path: string, faults: readonly string[]) {
    super(faults.map((fault) => `${path}:${fault}`).join('\n'));
    this.name = 'AccountsFileFault';
  }
}

/** Accounts whose verifiers are derived ahead, so that a first sign-in takes no longer than a stranger's attempt. */
const DERIVED_AHEAD = 256;
const STORED = /^(?:SCRAM-SHA-\d+|HMAC-SHA-256)\$/;
const HMAC = /^HMAC-SHA-256\$([A-Za-z\d+/]+={0,2})\$([A-Za-z\d+/]{43}=)$/;

/**
 * Accounts of integrators and tools in a text file: `name:password`, or what was derived from it instead, one or more
 * with spaces between: `name:SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` and
 * `name:HMAC-SHA-256$<salt>$<HMAC of the password>`. `#` begins a comment line.
 */
export class AccountsFile implements Accounts {
  readonly #salts: Salts;
  #entries: ReadonlyMap<string, Entry> = new Map();
  /** What decoys may look like; none where all look like the usual one. */
  #models: readonly StoredSecret[] = [];
  #version = '';

  /** @throws AccountsFileFault, or what the file system says, when the file cannot be used */
  constructor(private readonly options: AccountsFileOptions) {
    this.#salts = new Salts(options.saltKey);
    this.reload();
  }

  get count(): number {
    return this.#entries.size;
  }

  /** Whether others than the owner and the group may read the file. */
  get isExposed(): boolean {
    return (statSync(this.options.path).mode & 0o004) !== 0;
  }

  find(username: string): Entry | undefined {
    return this.#entries.get(username);
  }

  decoy(username: string): StoredSecret {
    const count = this.#models.length;
    // The choice costs an HMAC, for names that exist as for others.
    const model = count === 0 ? undefined : this.#models[this.#salts.pick(username, count)];
    return new DecoySecret(this.#salts, username, model);
  }

  /**
   * Reads the file anew if it has changed.
   * @returns the names whose account is gone or has another secret now; undefined when nothing had changed
   * @throws as the constructor does; what was read before stays in use
   */
  reload(): string[] | undefined {
    const { mtimeMs, size, ino } = statSync(this.options.path);
    const version = `${ino} ${size} ${mtimeMs}`;
    if (version === this.#version) return undefined;
    const entries = this.#read(readFileSync(this.options.path, 'utf8'));
    const before = this.#entries;
    this.#entries = entries;
    const secrets = Array.from(entries.values(), ({ secret }) => secret);
    this.#models = secrets.some((secret) => secret instanceof VerifiedSecret) ? secrets : [];
    this.#version = version;
    if (entries.size <= DERIVED_AHEAD) void this.#deriveAhead(entries);
    return [...before].filter(([name, { digest }]) => entries.get(name)?.digest !== digest).map(([name]) => name);
  }

  #read(text: string): ReadonlyMap<string, Entry> {
    const entries = new Map<string, Entry>();
    const faults: string[] = [];
    for (const [index, line] of text
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)
      .entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue;
      const entry = this.#entry(line);
      if (typeof entry === 'string') faults.push(`${index + 1}: ${entry}`);
      else if (entries.has(entry.account.username))
        faults.push(`${index + 1}: ${entry.account.username} is there twice`);
      else entries.set(entry.account.username, entry);
    }
    if (faults.length > 0) throw new AccountsFileFault(this.options.path, faults);
    return entries;
  }

  /** @returns what is wrong with the line, where something is. It never holds the secret. */
  #entry(line: string): Entry | string {
    const colon = line.indexOf(':');
    if (colon < 0) return 'not name:password';
    const username = localpart(line.slice(0, colon));
    if (username === undefined) return 'not a name that an address may have (RFC 7622, section 3.3)';
    if (this.options.isReserved?.(username)) return 'a name of this form belongs to a device';
    const secret = this.#secret(username, line.slice(colon + 1));
    if (typeof secret === 'string') return secret;
    const digest = createHash('sha256').update(line).digest('base64');
    return { account: { username, kind: 'tool' }, secret, digest };
  }

  #secret(username: string, text: string): StoredSecret | string {
    if (STORED.test(text)) return storedSecret(text.trim().split(/ +/));
    const password = opaqueString(text);
    if (password === undefined)
      return 'not a password (RFC 8265, section 4.2): empty, or with characters that nobody can type';
    return new KnownSecret(password, ITERATIONS, (hash) => this.#salts.bytes(username, hash));
  }

  async #deriveAhead(entries: ReadonlyMap<string, Entry>): Promise<void> {
    for (const { secret } of entries.values())
      for (const hash of ['SHA-1', 'SHA-256', 'SHA-512'] as const) {
        if (this.#entries !== entries) return;
        await secret.scram(hash);
      }
  }
}

function storedSecret(parts: readonly string[]): StoredSecret | string {
  const verifiers: ConstructorParameters<typeof VerifiedSecret>[0] = {};
  let hmac: SecretHmac | undefined;
  for (const part of parts) {
    const [, salt, digest] = HMAC.exec(part) ?? [];
    if (salt !== undefined && digest !== undefined) {
      hmac = { salt: Buffer.from(salt, 'base64'), hmac: Buffer.from(digest, 'base64') };
      continue;
    }
    const read = part.startsWith('HMAC') ? 'not HMAC-SHA-256$<salt>$<HMAC>' : parseVerifier(part);
    if (typeof read === 'string') return read;
    const hash: ScramHash = read.hash;
    verifiers[hash] = read.verifier;
  }
  return new VerifiedSecret(verifiers, hmac);
}
