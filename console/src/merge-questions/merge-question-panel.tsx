import { useState } from 'react';
import { Button } from '@mantine/core';
import {
  answerMergeQuestion,
  listDevices,
  listGroups,
  listMergeQuestions,
  type MergeQuestion,
  readDashboard,
  readDevice,
} from '@muster/contracts';
import { useIntl } from 'react-intl';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { ConfirmDialog } from '../ui/confirm-dialog';
import form from '../ui/form.module.css';
import { useNotify } from '../ui/use-notify';
import { Panel } from '../ui/panel';
import { DeviceComparison } from './device-comparison';

const EQUAL = ['systemUuid', 'serialNumber', 'machineId', 'macs'] as const;

/** Two devices side by side, what is equal about them, and the two answers. */
export function MergeQuestionPanel({ question }: { question: MergeQuestion }) {
  const t = useText();
  const notify = useNotify();
  const intl = useIntl();
  const may = useMay();
  const [answer, setAnswer] = useState<'same' | 'different'>();
  const send = useWrite(answerMergeQuestion, [listMergeQuestions, listDevices, readDevice, listGroups, readDashboard]);
  const { known, newcomer } = question;
  const names = { known: known.name, newcomer: newcomer.name };
  const equal = question.equal.map((name) => {
    const told = EQUAL.find((one) => one === name);
    return told ? t(`mergeQuestions.equal.${told}`) : name;
  });
  const confirm = () =>
    send.mutate(
      { params: { id: question.id }, body: { answer: answer ?? 'different' } },
      { onSuccess: () => notify(t('mergeQuestions.answered')) },
    );
  return (
    <Panel title={t('mergeQuestions.question', names)}>
      <div className={form.stack}>
        <p>{t('mergeQuestions.equal', { what: intl.formatList(equal) })}</p>
        <DeviceComparison question={question} />
        {may(answerMergeQuestion) && (
          <div className={form.buttons}>
            <Button variant="default" onClick={() => setAnswer('different')}>
              {t('mergeQuestions.different')}
            </Button>
            <Button onClick={() => setAnswer('same')}>{t('mergeQuestions.same')}</Button>
          </div>
        )}
      </div>
      <ConfirmDialog
        opened={answer !== undefined}
        title={t(answer === 'same' ? 'mergeQuestions.sameTitle' : 'mergeQuestions.differentTitle')}
        confirm={t(answer === 'same' ? 'mergeQuestions.same' : 'mergeQuestions.different')}
        dangerous={answer === 'same'}
        pending={send.isPending}
        error={send.error}
        onConfirm={confirm}
        onClose={() => setAnswer(undefined)}
      >
        {t(answer === 'same' ? 'mergeQuestions.sameText' : 'mergeQuestions.differentText', names)}
      </ConfirmDialog>
    </Panel>
  );
}
