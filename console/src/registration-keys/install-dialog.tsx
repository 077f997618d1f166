import type { RegistrationKey } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { CopyLine } from '../ui/copy-line';
import { Dialog } from '../ui/dialog';
import classes from '../ui/form.module.css';
import { Notice } from '../ui/notice';
import { InstallerListing } from './installer-list';

interface InstallDialogProps {
  registrationKey: RegistrationKey | undefined;
  onClose: () => void;
}

/** The lines to paste on a device, what they do, and why that is safe. */
export function InstallDialog({ registrationKey, onClose }: InstallDialogProps) {
  const t = useText();
  return (
    <Dialog
      opened={registrationKey !== undefined}
      onClose={onClose}
      size="xl"
      title={t('registrationKeys.installTitle', { name: registrationKey?.name ?? '' })}
    >
      {registrationKey && (
        <div className={classes.form}>
          {registrationKey.state !== 'active' && (
            <Notice tone="warn">{t(`registrationKeys.unusable.${registrationKey.state}`)}</Notice>
          )}
          {registrationKey.installLines?.map(({ platform, purpose, line }) => (
            <section key={`${platform} ${purpose}`} className={classes.form}>
              <div className={classes.prose}>
                <h3>{t(`registrationKeys.${purpose}.title`, { platform: t(`platform.${platform}`) })}</h3>
                <p>{t(`registrationKeys.${purpose}.text`)}</p>
              </div>
              <CopyLine
                label={t(`registrationKeys.${purpose}.title`, { platform: t(`platform.${platform}`) })}
                text={line}
              />
            </section>
          ))}
          {registrationKey.key !== undefined && ['active', 'spent'].includes(registrationKey.state) && (
            <InstallerListing registrationKey={registrationKey.key} />
          )}
          <p className="dim">{t('registrationKeys.safe')}</p>
        </div>
      )}
    </Dialog>
  );
}
