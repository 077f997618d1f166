import { describe, expect, it } from 'vitest';
import { signatureFault, type SignedRequest } from './signature-v4';

/** The examples of "Signature Calculations for the Authorization Header" in the S3 API reference. */
const KEYS = {
  ...{ region: 'us-east-1', accessKey: 'AKIAIOSFODNN7EXAMPLE' },
  secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const NOW = Date.parse('2013-05-24T00:00:00Z');
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const authorization = (signed: string, signature: string): string =>
  `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signed},Signature=${signature}`;
const common = { host: 'examplebucket.s3.amazonaws.com', 'x-amz-date': '20130524T000000Z' };

const EXAMPLES: Record<string, SignedRequest> = {
  'GET of an object': {
    method: 'GET',
    target: '/test.txt',
    body: Buffer.alloc(0),
    headers: {
      ...{ ...common, range: 'bytes=0-9', 'x-amz-content-sha256': EMPTY },
      authorization: authorization(
        'host;range;x-amz-content-sha256;x-amz-date',
        'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
      ),
    },
  },
  'PUT of an object': {
    method: 'PUT',
    target: '/test$file.text',
    body: Buffer.from('Welcome to Amazon S3.'),
    headers: {
      ...{ ...common, date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      authorization: authorization(
        'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
        '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
      ),
    },
  },
  'GET of a list': {
    method: 'GET',
    target: '/?max-keys=2&prefix=J',
    body: Buffer.alloc(0),
    headers: {
      ...{ ...common, 'x-amz-content-sha256': EMPTY },
      authorization: authorization(
        'host;x-amz-content-sha256;x-amz-date',
        '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
      ),
    },
  },
};

describe.each(Object.entries(EXAMPLES))('%s', (_name, request) => {
  it('is signed as the reference says', () => expect(signatureFault(request, KEYS, NOW)).toBeUndefined());

  it.each<[string, string, Partial<SignedRequest>]>([
    ['another method', 'SignatureDoesNotMatch', { method: 'DELETE' }],
    ['another object', 'SignatureDoesNotMatch', { target: '/other.txt' }],
    ['another body', 'XAmzContentSHA256Mismatch', { body: Buffer.from('other') }],
    ['another host', 'SignatureDoesNotMatch', { headers: { ...request.headers, host: 'elsewhere' } }],
    ['a header nobody signed', 'AccessDenied', { headers: { ...request.headers, 'x-amz-acl': 'public-read' } }],
    ['no signature', 'AccessDenied', { headers: common }],
  ])('is refused with %s', (_what, code, changes) =>
    expect(signatureFault({ ...request, ...changes }, KEYS, NOW)).toBe(code),
  );

  it('is refused by another key, region or time', () => {
    expect(signatureFault(request, { ...KEYS, secretKey: 'other' }, NOW)).toBe('SignatureDoesNotMatch');
    expect(signatureFault(request, { ...KEYS, accessKey: 'other' }, NOW)).toBe('InvalidAccessKeyId');
    expect(signatureFault(request, { ...KEYS, region: 'eu-west-1' }, NOW)).toBe('AuthorizationHeaderMalformed');
    expect(signatureFault(request, KEYS, NOW + 16 * 60_000)).toBe('RequestTimeTooSkewed');
  });
});
