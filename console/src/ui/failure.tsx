import { Button } from '@mantine/core';
import type { ApiError } from '../api/api-error';
import { describeError } from '../api/describe-error';
import { useText } from '../messages/use-text';
import { Notice } from './notice';
import { RetryTime } from './retry-time';
import classes from './states.module.css';

interface FailureProps {
  error: ApiError;
  /** Fields of a form that show their own faults. */
  shownFields?: readonly string[];
  onRetry?: () => void;
}

/** A refusal or failure: what it was, what the server says about it, and the number that finds it in every log. */
export function Failure({ error, shownFields, onRetry }: FailureProps) {
  const t = useText();
  const { title, detail } = describeError(t, error, shownFields);
  return (
    <Notice
      tone={error.code === 'permission-denied' ? 'warn' : 'bad'}
      title={title}
      announce
      actions={
        onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            {t('app.tryAgain')}
          </Button>
        )
      }
    >
      {detail && <p className={classes.line}>{detail}</p>}
      <RetryTime key={error.details.correlationId} seconds={error.details.retryAfterSeconds} />
      {error.details.correlationId && (
        <p className={classes.small}>{t('errors.correlation', { id: error.details.correlationId })}</p>
      )}
    </Notice>
  );
}
