import { Button } from '@mantine/core';
import { useRouteError } from 'react-router';
import { useText } from '../messages/use-text';
import { Notice } from '../ui/notice';
import classes from './gate.module.css';

/** A fault of the console itself, or a screen's code that could not be fetched (after an upgrade, without network). */
export function CrashPage() {
  const t = useText();
  const error = useRouteError();
  return (
    <div className={classes.centre}>
      <Notice
        tone="bad"
        announce
        title={t('crash.title')}
        actions={
          <Button size="xs" variant="default" onClick={() => location.reload()}>
            {t('crash.reload')}
          </Button>
        }
      >
        <p>{t('crash.text')}</p>
        <p className="dim">{error instanceof Error ? error.message : String(error)}</p>
      </Notice>
    </div>
  );
}
