import {
  type CreatedInvitation,
  type Invitation,
  type InvitationList,
  listInvitations,
  readEmailSettings,
  renewInvitation,
} from '@muster/contracts';
import { Link } from 'react-router';
import { useRead } from '../api/use-api';
import { ExportMenu } from '../lists/export-menu';
import { type TextOf, useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { type Column, DataTable } from '../ui/data-table';
import form from '../ui/form.module.css';
import { Notice } from '../ui/notice';
import { Panel } from '../ui/panel';
import { Plain } from '../ui/plain';
import { Empty, Loaded } from '../ui/states';
import { Status } from '../ui/status';
import { useNow, When } from '../ui/when';
import { InvitationActions } from './invitation-actions';

interface InvitationsPanelProps {
  /** An invitation has a new link, to be handed over where no mail is sent. */
  onInvited: (invitation: CreatedInvitation) => void;
}

/** Who was invited and has not accepted yet. */
export function InvitationsPanel({ onInvited }: InvitationsPanelProps) {
  const t = useText();
  const invitations = useRead(listInvitations, {});
  return (
    <Panel flush title={t('invitations.title')} actions={<ExportMenu route={listInvitations} args={{}} />}>
      <Loaded query={invitations}>
        {(list) => (
          <>
            {!list.sendsMail && <NoMail />}
            <InvitationTable list={list} onInvited={onInvited} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function NoMail() {
  const t = useText();
  const may = useMay();
  return (
    <div className={form.padded}>
      <Notice
        tone="info"
        actions={
          may(readEmailSettings) && (
            <Link className="link" to="/email/settings">
              {t('invitations.toSettings')}
            </Link>
          )
        }
      >
        {t('invitations.noMail')}
      </Notice>
    </div>
  );
}

function InvitationTable({ list, onInvited }: { list: InvitationList } & InvitationsPanelProps) {
  const t = useText();
  const may = useMay();
  const now = useNow();
  const columns: Column<Invitation>[] = [
    { id: 'name', header: t('users.name'), cell: ({ name }) => <Plain text={name} /> },
    { id: 'email', header: t('users.email'), cell: ({ email }) => <Plain text={email} /> },
    { id: 'role', header: t('users.role'), tight: true, cell: ({ role }) => t(`roles.${role}`) },
    { id: 'state', header: t('users.state'), cell: (one) => <InvitationState t={t} invitation={one} now={now} /> },
    { id: 'by', header: t('invitations.invitedBy'), cell: ({ invitedBy }) => <Plain text={invitedBy} /> },
    { id: 'expires', header: t('invitations.expires'), tight: true, cell: ({ expiresAt }) => <When at={expiresAt} /> },
  ];
  if (may(renewInvitation)) {
    columns.push({
      id: 'actions',
      header: t('table.actions'),
      quiet: true,
      align: 'end',
      cell: (invitation) => <InvitationActions invitation={invitation} onInvited={onInvited} />,
    });
  }
  return (
    <DataTable
      caption={t('invitations.title')}
      columns={columns}
      rows={list.invitations}
      keyOf={({ id }) => id}
      empty={<Empty title={t('invitations.none')} />}
    />
  );
}

const LOOKS = {
  waiting: { tone: 'busy', mark: 'ring' },
  sent: { tone: 'good', mark: 'full' },
  failed: { tone: 'bad', mark: 'full' },
  hand: { tone: 'idle', mark: 'half' },
} as const;

function InvitationState({ t, invitation, now }: { t: TextOf; invitation: Invitation; now: number }) {
  if (Date.parse(invitation.expiresAt) <= now) {
    return (
      <Status tone="warn" mark="dash">
        {t('invitations.expired')}
      </Status>
    );
  }
  return <Status {...LOOKS[invitation.delivery]}>{t(`invitations.delivery.${invitation.delivery}`)}</Status>;
}
