import { NativeSelect, TextInput } from '@mantine/core';
import {
  createInvitation,
  type CreatedInvitation,
  createOrganisation,
  listInvitations,
  listOrganisations,
  type Role,
} from '@muster/contracts';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay, useSession } from '../session/session-context';
import { FormDialog } from '../ui/form-dialog';
import { RoleField } from './role-field';
import { useAssignableRoles } from './use-assignable-roles';

interface InviteDialogProps {
  opened: boolean;
  onClose: () => void;
  onInvited: (invitation: CreatedInvitation) => void;
}

/** Invites somebody, who chooses the password. Who looks after all organisations chooses into which. */
export function InviteDialog({ opened, onClose, onInvited }: InviteDialogProps) {
  const t = useText();
  const may = useMay();
  const { user } = useSession();
  const roles = useAssignableRoles();
  const organisations = useRead(listOrganisations, {}, { enabled: opened && may(createOrganisation) });
  const choices = organisations.data?.organisations ?? [];
  return (
    <FormDialog
      opened={opened}
      title={t('invitations.create')}
      submit={t('invitations.submit')}
      route={createInvitation}
      refresh={[listInvitations]}
      initialValues={() => ({
        ...{ email: '', name: '', role: 'technician' as Role, organisationId: user.organisationId },
      })}
      validate={{
        email: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : t('users.emailWrong')),
        name: (value) => (value.trim() === '' ? t('users.nameMissing') : null),
      }}
      toCall={({ email, name, role, organisationId }) => ({
        body: {
          ...{ email: email.trim(), name: name.trim(), role },
          ...(organisationId === user.organisationId ? {} : { organisationId }),
        },
      })}
      onDone={onInvited}
      onClose={onClose}
    >
      {(form) => (
        <>
          <TextInput
            label={t('users.email')}
            type="email"
            required
            autoComplete="off"
            maxLength={254}
            data-autofocus
            {...form.getInputProps('email')}
          />
          <TextInput label={t('users.name')} required maxLength={200} {...form.getInputProps('name')} />
          <RoleField roles={roles} chosen={form.values.role} {...form.getInputProps('role')} />
          {choices.length > 1 && (
            <NativeSelect
              label={t('invitations.organisation')}
              data={choices.map(({ id, name }) => ({ value: id, label: name }))}
              {...form.getInputProps('organisationId')}
            />
          )}
        </>
      )}
    </FormDialog>
  );
}
