import { memo } from 'react';
import type { LogEntry } from '@muster/contracts';
import { useIntl } from 'react-intl';
import { DeviceName } from '../devices/device-name';
import { useText } from '../messages/use-text';
import { FactList } from '../ui/fact-list';
import { Plain } from '../ui/plain';
import { fieldsOf } from './log-filter';
import classes from './logs.module.css';

/** Characters of a message that are shown before the line is opened. */
const SHOWN = 400;

/** One line: time to the thousandth, level as word and colour, message; what else it says when it is opened. */
export const LogLine = memo(function LogLine({ entry, ofFleet }: { entry: LogEntry; ofFleet: boolean }) {
  const long = entry.message.length > SHOWN;
  const line = (
    <>
      <Time at={entry.at} />
      <Level level={entry.level} />
      {ofFleet && (
        <span className={classes.device}>
          <DeviceName id={entry.deviceId} plain />
        </span>
      )}
      <span className={classes.message}>
        <Plain text={entry.message} most={SHOWN} lines short />
      </span>
    </>
  );
  if (!entry.fields && !long && !ofFleet) return <div className={classes.line}>{line}</div>;
  return (
    <details className={classes.opened}>
      <summary className={classes.line}>{line}</summary>
      <div className={classes.fields}>
        {ofFleet && <DeviceName id={entry.deviceId} tab="logs" />}
        {long && <Plain text={entry.message} most={Infinity} lines code />}
        {entry.fields && <Fields fields={entry.fields} />}
      </div>
    </details>
  );
});

function Level({ level }: { level: LogEntry['level'] }) {
  const t = useText();
  return (
    <span className={classes.level} data-level={level}>
      {t(`logs.level.${level}`)}
    </span>
  );
}

function Time({ at }: { at: string }) {
  const intl = useIntl();
  const shown = intl.formatDate(at, {
    day: '2-digit',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  });
  return (
    <time className={classes.time} dateTime={at} title={at}>
      {shown}
    </time>
  );
}

function Fields({ fields }: { fields: string }) {
  const parsed = fieldsOf(fields);
  if (!parsed) return <Plain text={fields} lines code />;
  return (
    <FactList facts={parsed.map(([name, value]) => [name, <Plain key={name} text={value} lines code />] as const)} />
  );
}
