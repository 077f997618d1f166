import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface S3Keys {
  region: string;
  accessKey: string;
  secretKey: string;
}
export interface SignedRequest {
  method: string;
  /** Path and query as they were sent. */
  target: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const MOST_SKEW_MS = 15 * 60_000;
const UNSIGNED = 'UNSIGNED-PAYLOAD';
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/**
 * Why a service that speaks S3 refuses a request, as the code of its error; nothing when the signature is good. Written
 * from "Signature Calculations for the Authorization Header" (AWS Signature Version 4) of the S3 API reference, and
 * knowing nothing of the client's library.
 */
export function signatureFault(
  { method, target, headers, body }: SignedRequest,
  { region, accessKey, secretKey }: S3Keys,
  now = Date.now(),
): string | undefined {
  const authorization =
    /^AWS4-HMAC-SHA256 Credential=([^/, ]+)\/([^, ]+), ?SignedHeaders=([^, ]+), ?Signature=([0-9a-f]{64})$/;
  const [, key, scope = '', names = '', signature = ''] = authorization.exec(headers.authorization ?? '') ?? [];
  if (key === undefined) return 'AccessDenied';
  if (key !== accessKey) return 'InvalidAccessKeyId';
  const time = String(headers['x-amz-date']);
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(at)) return 'AccessDenied';
  if (Math.abs(at - now) > MOST_SKEW_MS) return 'RequestTimeTooSkewed';
  const date = time.slice(0, 8);
  if (scope !== `${date}/${region}/s3/aws4_request`) return 'AuthorizationHeaderMalformed';
  const signed = names.split(';');
  // Whoever may change one of these could use the signature for something else.
  const needed = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (!needed.every((name) => signed.includes(name))) return 'AccessDenied';
  const payload = String(headers['x-amz-content-sha256']);
  if (payload !== UNSIGNED && payload !== sha256(body)) return 'XAmzContentSHA256Mismatch';

  const [path = '', query = ''] = target.split('?');
  const canonical = [
    method,
    path.split('/').map(encoded).join('/'),
    canonicalQuery(query),
    ...signed.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    names,
    payload,
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const signingKey = [region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${secretKey}`, date));
  const good = timingSafeEqual(hmac(signingKey, text), Buffer.from(signature, 'hex'));
  return good ? undefined : 'SignatureDoesNotMatch';
}

/** URI-encoded once, as RFC 3986 has it: of what is reserved nothing stays. */
const encoded = (part: string): string =>
  encodeURIComponent(decodeURIComponent(part)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const canonicalQuery = (query: string): string =>
  query
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return `${encoded(name)}=${encoded(value)}`;
    })
    .sort()
    .join('&');
