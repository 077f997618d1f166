import { sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { HandlesRequest } from '@muster/bus';
import { AppError, type AuditHeadPayload, listAnchors, type SignAuditHead, signAuditHead } from '@muster/contracts';
import { PeopleDouble, TestAuthority } from '@muster/testing';

/** Answers the key manager's contracts, with real signatures of an authority of its own. */
@Injectable()
export class KeyManagerDouble extends PeopleDouble {
  authority: TestAuthority;
  /** Refuses to sign while true, as without a delegation. */
  refusesSigning = false;
  signed = 0;

  @HandlesRequest(listAnchors)
  async listAnchors() {
    return { anchors: [this.authority.rootPem] };
  }

  @HandlesRequest(signAuditHead)
  async signHead({ payload }: SignAuditHead) {
    if (this.refusesSigning) throw new AppError('unavailable', 'There is no delegation for audit heads.');
    this.signed += 1;
    return this.sign(payload);
  }

  /** A head as the key manager would have signed it, with another's authority if wanted. */
  head(payload: AuditHeadPayload, authority = this.authority) {
    const text = JSON.stringify(payload);
    return { payload: text, ...this.sign(text, authority) };
  }

  private sign(payload: string, authority = this.authority) {
    const file = (kind: string): string => readFileSync(join(authority.dir, `signing/audit-head.${kind}`), 'utf8');
    return {
      signature: sign('sha256', Buffer.from(payload), file('key')).toString('base64'),
      delegation: [file('crt')],
    };
  }
}
