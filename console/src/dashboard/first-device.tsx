import { listRegistrationKeys } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { LinkButton } from '../ui/link-button';
import { Notice } from '../ui/notice';
import classes from './dashboard.module.css';

/** The first thing to do where no device is known yet. */
export function FirstDevice() {
  const t = useText();
  const may = useMay();
  return (
    <div className={classes.first}>
      <Notice
        tone="info"
        title={t('dashboard.firstTitle')}
        actions={
          may(listRegistrationKeys) && (
            <LinkButton to="/registration-keys" size="xs">
              {t('registrationKeys.title')}
            </LinkButton>
          )
        }
      >
        {t('dashboard.firstText')}
      </Notice>
    </div>
  );
}
