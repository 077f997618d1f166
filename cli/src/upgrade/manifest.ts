import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  Base64,
  InvalidInput,
  List,
  nested,
  OneOf,
  parse,
  RELEASE_VERSION,
  Text,
  text,
  Whole,
} from '@muster/contracts';
import { CliError, EXIT } from '../core/exit-codes';

const SHA256 = { max: 64, pattern: /^[0-9a-f]{64}$/ } as const;
const NAME = { max: 64, pattern: /^[a-z][a-z0-9_-]*$/ } as const;

export class ReleaseImage {
  @Text(NAME) name: string;
  @Text({ ...SHA256, about: 'Of what the image does, as fingerprint.ts makes it; SHA-256, lower-case hex.' })
  fingerprint: string;
}
export class SchemaMigrations {
  @Text(NAME) schema: string;
  @List(text({ max: 200 }), { max: 10_000 }) names: string[];
}
export class ReleaseFile {
  @Text({ max: 200, pattern: /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/, about: "Path in the release's folder." })
  path: string;
  @Text(SHA256) sha256: string;
  @Whole({ min: 0, max: Number.MAX_SAFE_INTEGER }) bytes: number;
}
export class ReleaseArchive extends ReleaseFile {
  @OneOf(['itsm', 'xmpp']) server: 'itsm' | 'xmpp';
}

/** What is signed of a release of the suite: what it consists of, and from where it can be reached. */
export class SuiteManifest {
  @OneOf(['suite-release']) purpose: 'suite-release';
  @OneOf(['muster']) product: 'muster';
  @Text(RELEASE_VERSION) version: string;
  @Text({
    ...RELEASE_VERSION,
    about: 'The oldest version from which one may come; an older one goes through that first.',
  })
  oldestFrom: string;
  @List(nested(() => ReleaseImage), { min: 1, max: 100 }) images: ReleaseImage[];
  @List(nested(() => SchemaMigrations), { max: 100 }) migrations: SchemaMigrations[];
  @List(nested(() => ReleaseFile), {
    min: 1,
    max: 100,
    about: 'The compose file of each server, and the program that runs the command from its image.',
  })
  files: ReleaseFile[];
  @List(nested(() => ReleaseArchive), {
    max: 10,
    about: 'Images as `docker save` writes them; none: a registry has them.',
  })
  archives: ReleaseArchive[];
}

/** `release.json`: the exact text that was signed, and an Ed25519 signature of it (RFC 8032) by one of the release keys. */
class SignedManifest {
  @Text({ max: 2_000_000 }) payload: string;
  @Base64({ max: 200 }) signature: string;
}

const WHOLE = 'Fetch the release again from where you trust it.';

/** @throws CliError when it is missing, damaged, or signed by nobody who is trusted */
export function readManifest(file: string, keys: readonly KeyObject[]): SuiteManifest {
  if (!existsSync(file)) throw new CliError(EXIT.missing, `There is no ${file}.`, 'Unpack the whole release there.');
  const { payload, signature } = inForm(SignedManifest, readFileSync(file, 'utf8'), file);
  const bytes = Buffer.from(signature, 'base64');
  if (!keys.some((key) => verify(null, Buffer.from(payload), key, bytes))) {
    throw new CliError(EXIT.data, `${file} is not signed by a release key that is trusted here.`, WHOLE);
  }
  return inForm(SuiteManifest, payload, file);
}

function inForm<T extends object>(type: new () => T, json: string, file: string): T {
  try {
    // A newer release may say more than this version knows.
    return parse(type, JSON.parse(json), { unknown: 'drop' });
  } catch (error) {
    if (!(error instanceof InvalidInput) && !(error instanceof SyntaxError)) throw error;
    throw new CliError(EXIT.data, `${file} is damaged: ${error.message}.`, WHOLE, { cause: error });
  }
}

/** Public keys of a PEM file, one after another. @throws CliError when one is no Ed25519 key */
export function publicKeysIn(file: string): KeyObject[] {
  const blocks = readFileSync(file, 'utf8').match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  const keys = blocks.map((pem) => keyOf(pem));
  if (keys.length > 0 && keys.every((key) => key?.asymmetricKeyType === 'ed25519')) return keys as KeyObject[];
  throw new CliError(EXIT.data, `${file} holds no Ed25519 public key in PEM.`);
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}
