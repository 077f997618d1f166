import { useState } from 'react';
import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useText } from '../messages/use-text';
import classes from './copy-line.module.css';

/** Text to copy. Says that it was copied, also to screen readers; without clipboard access the text can be selected. */
export function CopyLine({ label, text }: { label: string; text: string }) {
  const t = useText();
  const [copied, setCopied] = useState<boolean>();
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <div className={classes.line}>
      <code className={classes.code} dir="ltr" tabIndex={0} role="textbox" aria-readonly aria-label={label}>
        {text}
      </code>
      <Button
        size="xs"
        variant="default"
        leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
        onClick={() => void copy()}
      >
        <span aria-live="polite">{copied ? t('app.copied') : t('app.copy')}</span>
        <span className="visually-hidden">{label}</span>
      </Button>
      {copied === false && (
        <span className={classes.failed} role="status">
          {t('app.copyFailed')}
        </span>
      )}
    </div>
  );
}
