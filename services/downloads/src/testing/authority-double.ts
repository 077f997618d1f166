import { sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import {
  listAnchors,
  parse,
  ReleaseManifest,
  type Signed,
  type SigningPurpose,
  type SignRelease,
  signRelease,
} from '@muster/contracts';
import type { TestAuthority } from '@muster/testing';

/** Signs as the key manager does, with the real keys of a test's authority. */
@Injectable()
export class AuthorityDouble {
  static authority: TestAuthority;

  @HandlesRequest(listAnchors)
  async anchors() {
    return { anchors: [AuthorityDouble.authority.rootPem] };
  }

  @HandlesRequest(signRelease)
  async sign({ payload }: SignRelease): Promise<Signed> {
    parse(ReleaseManifest, JSON.parse(payload), { unknown: 'refuse' });
    return signed(payload);
  }
}

/** A text as the authority signs it for a purpose. */
export function signed(payload: string, purpose: SigningPurpose = 'release'): Signed {
  const read = (kind: string): string =>
    readFileSync(join(AuthorityDouble.authority.dir, `signing/${purpose}.${kind}`), 'utf8');
  return {
    payload,
    signature: sign('sha256', Buffer.from(payload), read('key')).toString('base64'),
    delegation: [read('crt')],
  };
}
