import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { DIGESTS } from '../accounts/scram-verifier';
import type { ScramHash, ScramVerifier } from '../core/accounts';
import type { Stream } from '../core/stream';
import { type SaslExchange, SaslFailure, type SaslMechanism, type SaslStep, utf8 } from './sasl-mechanism';
import { type Claim, claim, type PasswordContext } from './sasl-password';

export const CHANNEL_BINDING = 'tls-exporter';
/** RFC 9266, section 2: under TLS 1.3 an empty context is the same as none. */
const EXPORTER_LABEL = 'EXPORTER-Channel-Binding';
const EXPORTER_BYTES = 32;

export interface ScramOptions {
  hash: ScramHash;
  /** The mechanism with `-PLUS`: the proof holds on this TLS connection alone. */
  plus: boolean;
  /** Whether the -PLUS variant is offered to a stream; a client that then says it was not has been deceived. */
  plusOffered: (stream: Stream) => boolean;
  /** The server's part of the nonce. */
  nonce?: () => string;
}

/**
 * SCRAM (RFC 5802; RFC 7677 for SHA-256), with channel binding to the keys of the TLS connection (RFC 9266). What is kept
 * of the password is enough to check a proof, with three hash operations, and not to make one.
 */
export function saslScram(context: PasswordContext, options: ScramOptions): SaslMechanism {
  return {
    name: `SCRAM-${options.hash}${options.plus ? '-PLUS' : ''}`,
    suits: (stream) => stream.secure && (!options.plus || isBindable(stream)),
    begin: (stream) => new ScramExchange(context, stream, options),
  };
}

/** Whether a stream's TLS connection can be bound to. */
export const isBindable = ({ peer }: Stream): boolean => peer.tls?.bindable === true;

interface Challenged {
  claim: Claim;
  verifier: ScramVerifier;
  authzid: string;
  gs2Header: string;
  nonce: string;
  /** client-first-message-bare and server-first-message. */
  messages: string;
}

class ScramExchange implements SaslExchange {
  #challenged: Challenged | undefined;

  constructor(
    private readonly context: PasswordContext,
    private readonly stream: Stream,
    private readonly options: ScramOptions,
  ) {}

  respond(response: Buffer | undefined): SaslStep | Promise<SaslStep> {
    if (this.#challenged) return this.#verify(this.#challenged, utf8(response ?? Buffer.alloc(0)));
    return response === undefined ? { challenge: '' } : this.#challenge(utf8(response));
  }

  async #challenge(message: string): Promise<SaslStep> {
    const { flag, authzid, gs2Header, bare, name, clientNonce } = readClientFirst(message);
    this.#checkBinding(flag);
    const found = await claim(this.context, this.stream, name);
    const { hash, nonce: serverNonce = () => randomBytes(18).toString('base64') } = this.options;
    const [verifier] = await Promise.all([found.secret.scram(hash), found.decoy.scram(hash)]);
    if (!verifier) return found.settle(false, authzid);
    const nonce = clientNonce + serverNonce();
    const challenge = `r=${nonce},s=${verifier.salt.toString('base64')},i=${verifier.iterations}`;
    this.#challenged = { claim: found, verifier, authzid, gs2Header, nonce, messages: `${bare},${challenge}` };
    return { challenge };
  }

  /** RFC 5802, section 6. */
  #checkBinding(flag: string): void {
    const { plus, plusOffered } = this.options;
    if (flag.startsWith('p=') !== plus)
      throw new SaslFailure('malformed-request', 'channel binding belongs to the -PLUS mechanisms, and to all of them');
    if (plus && flag !== `p=${CHANNEL_BINDING}`)
      throw new SaslFailure('malformed-request', `the channel binding here is ${CHANNEL_BINDING}`);
    if (flag === 'y' && plusOffered(this.stream))
      throw new SaslFailure('not-authorized', 'channel binding was offered and somebody in between has hidden it');
  }

  #verify({ claim: claimed, verifier, authzid, gs2Header, nonce, messages }: Challenged, message: string): SaslStep {
    const [, withoutProof = '', binding = '', echoed, proofText = ''] = CLIENT_FINAL.exec(message) ?? [];
    const proof = Buffer.from(proofText, 'base64');
    const digest = DIGESTS[this.options.hash].name;
    // Nothing but its one spelling (RFC 4648, section 3.5).
    const isProof = proof.length === verifier.storedKey.length && proof.toString('base64') === proofText;
    if (withoutProof === '' || !isProof) throw new SaslFailure('malformed-request');
    const expected = Buffer.concat([Buffer.from(gs2Header), this.#bindingData()]);
    const authMessage = `${messages},${withoutProof}`;
    const signature = createHmac(digest, verifier.storedKey).update(authMessage).digest();
    const clientKey = signature.map((byte, index) => byte ^ (proof[index] ?? 0));
    const storedKey = createHash(digest).update(clientKey).digest();
    const proved = timingSafeEqual(storedKey, verifier.storedKey);
    const bound = echoed === nonce && binding === expected.toString('base64');
    const settled = claimed.settle(proved && bound, authzid);
    const serverSignature = createHmac(digest, verifier.serverKey).update(authMessage).digest('base64');
    return { ...settled, data: `v=${serverSignature}` };
  }

  #bindingData(): Buffer {
    const { tls } = this.stream.peer;
    return this.options.plus && tls ? tls.exporter(EXPORTER_LABEL, EXPORTER_BYTES) : Buffer.alloc(0);
  }
}

/** gs2-header, then n and r; `m=` announces an extension that must be understood, and none is (RFC 5802, section 7). */
const CLIENT_FIRST =
  /^((n|y|p=[A-Za-z\d.-]+),(?:a=([^,]*))?,)(n=([^,]+),r=([\u0021-\u002b\u002d-\u007e]+)(?:,[A-Za-z]=[^,]+)*)$/;
const CLIENT_FINAL =
  /^(c=([A-Za-z\d+/=]+),r=([\u0021-\u002b\u002d-\u007e]+)(?:,[A-Za-z]=[^,]+)*),p=([A-Za-z\d+/]+={0,2})$/;

function readClientFirst(
  message: string,
): Record<'flag' | 'authzid' | 'gs2Header' | 'bare' | 'name' | 'clientNonce', string> {
  const [, gs2Header, flag, authzid = '', bare, name, clientNonce] = CLIENT_FIRST.exec(message) ?? [];
  if (!gs2Header || !flag || !bare || !name || !clientNonce) throw new SaslFailure('malformed-request');
  return { gs2Header, flag, bare, clientNonce, authzid: unescaped(authzid), name: unescaped(name) };
}

/** saslname: `=2C` is a comma, `=3D` an equals sign, and no other is allowed. */
function unescaped(saslname: string): string {
  if (/=(?!2C|3D)/.test(saslname)) throw new SaslFailure('malformed-request');
  return saslname.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
