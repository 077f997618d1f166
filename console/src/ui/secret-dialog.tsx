import { Button } from '@mantine/core';
import { useText } from '../messages/use-text';
import { CopyLine } from './copy-line';
import { Dialog } from './dialog';
import classes from './form.module.css';
import { Notice } from './notice';

interface SecretDialogProps {
  /** Absent: closed. */
  secret: string | undefined;
  title: string;
  label: string;
  /** What it is for. */
  children: string;
  onClose: () => void;
}

/** Shows a secret that the server will not show again. Closes by its button only, not by a stray click or key. */
export function SecretDialog({ secret, title, label, children, onClose }: SecretDialogProps) {
  const t = useText();
  return (
    <Dialog opened={secret !== undefined} onClose={onClose} title={title} deliberate>
      <div className={classes.form}>
        <p className={classes.prose}>{children}</p>
        {secret !== undefined && <CopyLine label={label} text={secret} />}
        <Notice tone="warn">{t('secret.once')}</Notice>
        <div className={classes.buttons}>
          <Button onClick={onClose}>{t('secret.done')}</Button>
        </div>
      </div>
    </Dialog>
  );
}
