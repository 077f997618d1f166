import { Injectable } from '@nestjs/common';
import { AppError, type Caller, factBy, mergeQuestionAnswered } from '@muster/contracts';
import { Database, Outbox } from '@muster/database';
import type { EntityManager } from 'typeorm';
import { describeDevice } from '../devices/device-description';
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

  async answer(caller: Caller, questionId: string, answer: Answer): Promise<void> {
    const { organisationId } = caller.principal;
    const question = await this.database.inOrganisation(organisationId, (manager) =>
      findOpen(manager, organisationId, questionId, answer),
    );
    if (!question) return;
    if (answer === 'same') await this.merge(caller, question);
    else await this.keepBoth(caller, question);
    this.live.mergeQuestionChanged(organisationId, questionId);
  }

  private async keepBoth(caller: Caller, { id, knownId, newcomerId }: MergeQuestionRow): Promise<void> {
    const { organisationId } = caller.principal;
    await this.database.inOrganisation(organisationId, async (manager) => {
      const question = await findOpen(manager, organisationId, id, 'different', 'for update');
      if (question) await this.settle(manager, caller, question, 'different');
    });
    this.live.deviceChanged(organisationId, [knownId, newcomerId]);
  }

  /** The known device's certificates go first, for the reason that `Devices.retire` gives. */
  private async merge(caller: Caller, { id, knownId, newcomerId }: MergeQuestionRow): Promise<void> {
    const { organisationId } = caller.principal;
    await this.devices.revoke(caller.principal, knownId, 'replaced');
    const changed = await this.database.inOrganisation(organisationId, async (manager) => {
      const question = await findOpen(manager, organisationId, id, 'same', 'for update');
      if (!question) return { operationIds: [], questionIds: [] };
      await this.settle(manager, caller, question, 'same');
      await takeOver(manager, organisationId, knownId, newcomerId);
      const operationIds = await moveOperations(manager, organisationId, knownId, newcomerId);
      const retired = await retire(manager, this.outbox, caller, knownId, newcomerId);
      await describeDevice(manager, this.outbox, organisationId, newcomerId);
      return { operationIds, ...retired };
    });
    this.live.operationsChanged(organisationId, changed.operationIds);
    this.devices.announceRetired(organisationId, knownId, changed.questionIds);
    this.live.deviceChanged(organisationId, [newcomerId]);
  }

  private async settle(manager: EntityManager, caller: Caller, question: MergeQuestionRow, answer: Answer) {
    const { organisationId, id: questionId, knownId, newcomerId } = question;
    const by = { answeredAt: new Date(), answeredBy: caller.principal.name };
    await manager.save(Object.assign(question, { answer, ...by }));
    const names = await namesOf(manager, organisationId, [knownId, newcomerId]);
    await this.outbox.add(manager, mergeQuestionAnswered, {
      ...factBy(caller),
      ...{ questionId, answer, knownId, newcomerId },
      knownName: names.get(knownId) ?? '',
      newcomerName: names.get(newcomerId) ?? '',
    });
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

/** Display names by device id. */
async function namesOf(
  manager: EntityManager,
  organisationId: string,
  deviceIds: readonly string[],
): Promise<Map<string, string>> {
  const rows: Array<{ id: string; name: string }> = await manager.query(
    'SELECT id, name FROM core.devices WHERE organisation_id = $1 AND id = ANY($2::uuid[])',
    [organisationId, deviceIds],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
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
