import { NativeSelect } from '@mantine/core';
import {
  createInvitation,
  type CreatedInvitation,
  createOrganisation,
  listInvitations,
  listOrganisations,
} from '@muster/contracts';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay, useSession } from '../session/session-context';
import { FormDialog } from '../ui/form-dialog';
import { NOBODY, PersonFields, personOf, usePersonChecks } from './person-fields';

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
  const validate = usePersonChecks();
  const organisations = useRead(listOrganisations, {}, { enabled: opened && may(createOrganisation) });
  const choices = organisations.data?.organisations ?? [];
  return (
    <FormDialog
      opened={opened}
      title={t('invitations.create')}
      submit={t('invitations.submit')}
      route={createInvitation}
      refresh={[listInvitations]}
      initialValues={() => ({ ...NOBODY, organisationId: user.organisationId })}
      validate={validate}
      toCall={({ organisationId, ...person }) => ({
        body: { ...personOf(person), ...(organisationId === user.organisationId ? {} : { organisationId }) },
      })}
      onDone={onInvited}
      onClose={onClose}
    >
      {(form) => (
        <>
          <PersonFields form={form} />
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
