import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import type { ApiError } from '../api/api-error';
import { useText } from '../messages/use-text';
import { Dialog } from './dialog';
import { Failure } from './failure';
import classes from './form.module.css';

interface ConfirmDialogProps {
  opened: boolean;
  title: string;
  /** What will happen, exactly. */
  children: ReactNode;
  /** The verb of the action; never just "OK". */
  confirm: string;
  dangerous?: boolean;
  pending: boolean;
  error?: ApiError | null;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be taken back. The focus starts on "cancel". */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const t = useText();
  return (
    <Dialog opened={props.opened} onClose={props.onClose} title={props.title}>
      <div className={classes.form}>
        <div className={classes.prose}>{props.children}</div>
        {props.error && <Failure error={props.error} />}
        <div className={classes.buttons}>
          <Button variant="default" onClick={props.onClose} data-autofocus>
            {t('app.cancel')}
          </Button>
          <Button color={props.dangerous ? 'danger' : undefined} loading={props.pending} onClick={props.onConfirm}>
            {props.confirm}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
