import { useState } from 'react';
import { Button } from '@mantine/core';
import { type DeadLetter, discardDeadLetter, listDeadLetters, replayDeadLetter } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { ConfirmDialog } from '../ui/confirm-dialog';
import { Dialog } from '../ui/dialog';
import { FactList } from '../ui/fact-list';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { useNotify } from '../ui/use-notify';
import { When } from '../ui/when';

interface DeadLetterDialogProps {
  letter: DeadLetter | undefined;
  onClose: () => void;
}

/** One event with its content, and the two things that can be done with it. */
export function DeadLetterDialog({ letter, onClose }: DeadLetterDialogProps) {
  const t = useText();
  return (
    <Dialog
      opened={letter !== undefined}
      onClose={onClose}
      size="xl"
      title={letter ? t('deadLetters.detail', { id: letter.id, service: letter.service }) : ''}
    >
      {letter && <DeadLetterView letter={letter} onClose={onClose} />}
    </Dialog>
  );
}

function DeadLetterView({ letter, onClose }: { letter: DeadLetter; onClose: () => void }) {
  const t = useText();
  const notify = useNotify();
  const may = useMay();
  const [discarding, setDiscarding] = useState(false);
  const replay = useWrite(replayDeadLetter, [listDeadLetters]);
  const discard = useWrite(discardDeadLetter, [listDeadLetters]);
  const { id, service } = letter;
  const replayed = () => {
    notify(t('deadLetters.replayed', { id, service }));
    onClose();
  };
  return (
    <div className={classes.form}>
      <FactList
        facts={[
          [t('deadLetters.subject'), <code key="subject">{letter.subject}</code>],
          [t('deadLetters.reason'), t(`deadLetters.reason.${letter.reason}`)],
          [t('deadLetters.code'), letter.code],
          [t('deadLetters.deliveries'), letter.deliveries],
          [t('deadLetters.published'), <When key="published" at={letter.publishedAt} />],
          [t('deadLetters.at'), <When key="at" at={letter.at} />],
          [t('deadLetters.correlation'), letter.correlationId],
          [t('deadLetters.problem'), letter.problem],
        ]}
      />
      <pre className={classes.content} dir="ltr" tabIndex={0} role="group" aria-label={t('deadLetters.payload')}>
        {letter.payload}
      </pre>
      {replay.error && <Failure error={replay.error} />}
      {may(replayDeadLetter) && (
        <>
          <p className="dim">{t('deadLetters.replayText', { service })}</p>
          <div className={classes.buttons}>
            <Button variant="outline" color="danger" onClick={() => setDiscarding(true)}>
              {t('deadLetters.discard')}
            </Button>
            <Button
              loading={replay.isPending}
              onClick={() => replay.mutate({ params: { id } }, { onSuccess: replayed })}
            >
              {t('deadLetters.replay')}
            </Button>
          </div>
        </>
      )}
      <ConfirmDialog
        opened={discarding}
        title={t('deadLetters.discardTitle', { id })}
        confirm={t('deadLetters.discard')}
        dangerous
        pending={discard.isPending}
        error={discard.error}
        onClose={() => setDiscarding(false)}
        onConfirm={() => discard.mutate({ params: { id } }, { onSuccess: onClose })}
      >
        {t('deadLetters.discardText', { service })}
      </ConfirmDialog>
    </div>
  );
}
