import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Log, RevocationList } from '@muster/service-kit';
import type { Router } from '../core/router';
import { XmppServer } from '../core/server';
import { OwnRecords } from '../records/own-records';
import { AnswerRecords } from './answer-records';

/** What the push service stands on: the broker's router, revocations, and a place for answers. */
@Injectable()
export class PushGround implements BeforeApplicationShutdown {
  readonly router: Router;
  readonly answers: AnswerRecords;

  constructor(
    server: XmppServer,
    readonly revocations: RevocationList,
    records: OwnRecords,
    log: Log,
  ) {
    this.router = server.router;
    this.answers = new AnswerRecords(records.of('answer'), (error, doing) =>
      log.warn({ err: error, doing }, 'Answers of the push service would not survive a restart now.'),
    );
  }

  /** By now the push service is closed, and the bus still stands. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.answers.stop();
  }
}
