import { Injectable } from '@nestjs/common';
import { AppError } from '@muster/contracts';
import { type Admitted, Allowance, BeforeCall } from '@muster/service-kit';
import { WebConfig } from '../config';

/**
 * Limits per person and per device (DESIGN, rule 6), never per address: thousands of devices may share one. Each process
 * counts for itself.
 */
@Injectable()
export class RequestLimits extends BeforeCall {
  private readonly people: Allowance;
  private readonly devices: Allowance;

  constructor(config: WebConfig) {
    super();
    this.people = new Allowance(config.PERSON_REQUESTS_PER_MINUTE);
    this.devices = new Allowance(config.DEVICE_REQUESTS_PER_MINUTE);
  }

  before({ principal }: Admitted): void {
    if (!principal) return;
    const retryAfterSeconds = (principal.kind === 'device' ? this.devices : this.people).take(principal.id);
    if (retryAfterSeconds === 0) return;
    throw new AppError('too-many-requests', 'Too many requests in a short time. Slow down.', { retryAfterSeconds });
  }
}
