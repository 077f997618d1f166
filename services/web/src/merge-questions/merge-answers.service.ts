import { Injectable } from '@nestjs/common';
import { AppError, type Principal } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { Devices } from '../devices/devices.service';
import { retire } from '../devices/retirement';
import { LiveEvents } from '../live/live-events';
import { moveOperations } from '../operations/device-operations';
import { MergeQuestionRow } from './merge-question.entity';

type Answer = 'same' | 'different';

/** What people answer to merge questions. Answering again the same is no error, otherwise is. */
@Injectable()
export class MergeAnswers {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly devices: Devices,
    private readonly live: LiveEvents,
  ) {}

  async answer(principal: Principal, questionId: string, answer: Answer): Promise<void> {
    const { organisationId } = principal;
    const question = await this.database.inOrganisation(organisationId, (manager) =>
      findOpen(manager, organisationId, questionId, answer),
    );
    if (!question) return;
    if (answer === 'same') await this.merge(principal, question);
    else await this.keepBoth(principal, question);
    this.live.mergeQuestionChanged(organisationId, questionId);
  }

  private async keepBoth(principal: Principal, { id, knownId, newcomerId }: MergeQuestionRow): Promise<void> {
    const { organisationId } = principal;
    await this.database.inOrganisation(organisationId, async (manager) => {
      const question = await findOpen(manager, organisationId, id, 'different', 'for update');
      if (question) await settle(manager, question, 'different', principal.name);
    });
    this.live.deviceChanged(organisationId, [knownId, newcomerId]);
  }

  /** The known device's certificates go first, for the reason that `Devices.retire` gives. */
  private async merge(principal: Principal, { id, knownId, newcomerId }: MergeQuestionRow): Promise<void> {
    const { organisationId } = principal;
    await this.devices.revoke(principal, knownId, 'replaced');
    const changed = await this.database.inOrganisation(organisationId, async (manager) => {
      const question = await findOpen(manager, organisationId, id, 'same', 'for update');
      if (!question) return { operationIds: [], questionIds: [] };
      await settle(manager, question, 'same', principal.name);
      await takeOver(manager, organisationId, knownId, newcomerId);
      const operationIds = await moveOperations(manager, organisationId, knownId, newcomerId);
      return { operationIds, ...(await retire(manager, this.outbox, organisationId, knownId, newcomerId)) };
    });
    this.live.operationsChanged(organisationId, changed.operationIds);
    this.devices.announceRetired(organisationId, knownId, changed.questionIds);
    this.live.deviceChanged(organisationId, [newcomerId]);
  }
}

/**
 * The question while it waits for this answer; undefined when it has got it already.
 * @throws AppError `not-found`; `conflict` when somebody answered otherwise or a device was retired meanwhile
 */
async function findOpen(
  manager: EntityManager,
  organisationId: string,
  id: string,
  answer: Answer,
  lock?: 'for update',
): Promise<MergeQuestionRow | undefined> {
  const question = await manager.findOne(MergeQuestionRow, {
    where: { organisationId, id },
    ...(lock ? { lock: { mode: 'pessimistic_write' as const } } : {}),
  });
  if (!question) throw new AppError('not-found', 'There is no such merge question.');
  if (question.answer === null) return question;
  if (question.answer === answer) return undefined;
  throw new AppError(
    'conflict',
    question.answer === 'moot'
      ? 'One of the two devices was retired, so there is nothing left to answer.'
      : `This question was answered already: ${question.answer}.`,
  );
}

async function settle(manager: EntityManager, question: MergeQuestionRow, answer: Answer, by: string): Promise<void> {
  await manager.save(Object.assign(question, { answer, answeredAt: new Date(), answeredBy: by }));
}

/** Name and groups of the known device become the newcomer's. A name that somebody gave the newcomer already stays. */
async function takeOver(
  manager: EntityManager,
  organisationId: string,
  knownId: string,
  newcomerId: string,
): Promise<void> {
  await manager.query(
    `UPDATE core.devices n
        SET given_name = k.given_name, name = coalesce(nullif(k.given_name, ''), n.host_name)
       FROM core.devices k
      WHERE n.organisation_id = $1 AND n.id = $3 AND n.given_name = ''
        AND k.organisation_id = $1 AND k.id = $2`,
    [organisationId, knownId, newcomerId],
  );
  await manager.query(
    `INSERT INTO core.group_members (organisation_id, group_id, device_id)
     SELECT organisation_id, group_id, $3 FROM core.group_members WHERE organisation_id = $1 AND device_id = $2
     ON CONFLICT DO NOTHING`,
    [organisationId, knownId, newcomerId],
  );
}
