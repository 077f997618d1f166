import { listMergeQuestions } from '@muster/contracts';
import { IconGitMerge } from '@tabler/icons-react';
import { useRead } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { useText } from '../messages/use-text';
import form from '../ui/form.module.css';
import { useListState } from '../ui/list-state';
import { Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Panel } from '../ui/panel';
import { Empty, Loaded } from '../ui/states';
import { MergeQuestionPanel } from './merge-question-panel';

/** Newly enrolled devices that look like ones that are known: a person decides. */
export function MergeQuestionsPage() {
  const t = useText();
  const list = useListState();
  const questions = useRead(
    listMergeQuestions,
    { query: { page: list.page, size: list.size } },
    { keepPrevious: true },
  );
  return (
    <Page
      title={t('mergeQuestions.title')}
      description={t('mergeQuestions.text')}
      actions={<ExportMenu route={listMergeQuestions} args={{}} />}
    >
      <Loaded query={questions}>
        {(page) =>
          page.questions.length === 0 ? (
            <Panel>
              <Empty icon={<IconGitMerge />} title={t('mergeQuestions.none')}>
                {t('mergeQuestions.noneText')}
              </Empty>
            </Panel>
          ) : (
            <div className={form.stack}>
              {page.questions.map((question) => (
                <MergeQuestionPanel key={question.id} question={question} />
              ))}
              <Pager list={list} total={page.total} />
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}
