import { Controller } from '@nestjs/common';
import { answerMergeQuestion, listMergeQuestions, type RouteCall, type RouteReply } from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import { MergeAnswers } from './merge-answers.service';
import { listOpenQuestions } from './merge-question-list.queries';

@Controller()
export class MergeQuestionsController {
  constructor(
    private readonly database: Database,
    private readonly answers: MergeAnswers,
  ) {}

  @Handles(listMergeQuestions)
  list({ principal, query }: RouteCall<typeof listMergeQuestions>): Promise<RouteReply<typeof listMergeQuestions>> {
    const { organisationId } = principal;
    return this.database.inOrganisation(organisationId, (manager) => listOpenQuestions(manager, organisationId, query));
  }

  @Handles(answerMergeQuestion)
  async answer(call: RouteCall<typeof answerMergeQuestion>): Promise<void> {
    await this.answers.answer(call, call.params.id, call.body.answer);
  }
}
