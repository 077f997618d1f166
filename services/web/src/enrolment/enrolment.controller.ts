import { Controller } from '@nestjs/common';
import { enrol, type RouteCall, type RouteReply } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { WebConfig } from '../config';
import { Enrolments } from './enrolments.service';
import { Gate } from './gate';

/** Beyond these, devices are told to come back: about what the edge waits for. */
const MOST_WAITING = 2_000;
const PATIENCE = 30_000;

@Controller()
export class EnrolmentController {
  private readonly gate: Gate;

  constructor(
    private readonly enrolments: Enrolments,
    config: WebConfig,
  ) {
    this.gate = new Gate(config.ENROLMENTS_AT_ONCE, MOST_WAITING, PATIENCE);
  }

  @Handles(enrol)
  enrol({ body, address }: RouteCall<typeof enrol>): Promise<RouteReply<typeof enrol>> {
    return this.gate.through(() => this.enrolments.enrol(body, address));
  }
}
