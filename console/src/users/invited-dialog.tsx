import type { CreatedInvitation } from '@muster/contracts';
import { useText } from '../messages/use-text';
import { SecretDialog } from '../ui/secret-dialog';

/** The link of an invitation, where no mail is sent: for who invites to hand over. */
export function InvitedDialog({ invited, onClose }: { invited: CreatedInvitation | undefined; onClose: () => void }) {
  const t = useText();
  return (
    <SecretDialog
      secret={invited?.link}
      title={t('invitations.linkTitle', { email: invited?.email ?? '' })}
      label={t('invitations.link')}
      onClose={onClose}
    >
      {t('invitations.linkText')}
    </SecretDialog>
  );
}
