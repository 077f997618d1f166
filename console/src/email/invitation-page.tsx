import { acceptInvitation, type InvitationOffer, lookAtInvitation } from '@muster/contracts';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { FactList } from '../ui/fact-list';
import { Notice } from '../ui/notice';
import { Plain } from '../ui/plain';
import { Loaded } from '../ui/states';
import { When } from '../ui/when';
import { LinkFrame, ToSignIn } from './link-frame';
import { useLinkSecret } from './link-secret';
import { NewPasswordForm } from './new-password-form';
import { useLink } from './use-link';

/** Where the link of an invitation leads: what is offered, and a password of one's own. */
export function InvitationPage() {
  const t = useText();
  const secret = useLinkSecret();
  return (
    <LinkFrame title={t('links.invitation')}>
      {secret === undefined ? <Notice tone="bad">{t('links.incomplete')}</Notice> : <Offer secret={secret} />}
    </LinkFrame>
  );
}

function Offer({ secret }: { secret: string }) {
  const offer = useLink(lookAtInvitation, secret);
  return <Loaded query={offer}>{(data) => <Acceptance secret={secret} offer={data} />}</Loaded>;
}

function Acceptance({ secret, offer }: { secret: string; offer: InvitationOffer }) {
  const t = useText();
  const accept = useWrite(acceptInvitation);
  if (accept.isSuccess) {
    return (
      <>
        <Notice tone="good" announce>
          {t('links.accepted', { email: offer.email })}
        </Notice>
        <ToSignIn primary />
      </>
    );
  }
  return (
    <>
      <p>{t('links.invitationText')}</p>
      <FactList
        facts={[
          [t('users.email'), <Plain key="email" text={offer.email} />],
          [t('users.name'), <Plain key="name" text={offer.name} />],
          [t('users.role'), t(`roles.${offer.role}`)],
          [t('invitations.invitedBy'), <Plain key="by" text={offer.invitedBy} />],
          [t('invitations.expires'), <When key="until" at={offer.expiresAt} />],
        ]}
      />
      <NewPasswordForm
        email={offer.email}
        submit={t('links.accept')}
        pending={accept.isPending}
        error={accept.error}
        onSubmit={(newPassword, onError) => accept.mutate({ body: { secret, newPassword } }, { onError })}
      />
    </>
  );
}
