import { Textarea, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { createGroup, type Group, listGroups, readDevice, updateGroup } from '@muster/contracts';
import { useNavigate } from 'react-router';
import { useText } from '../messages/use-text';
import { FormDialog } from '../ui/form-dialog';

interface GroupDialogProps {
  /** The group to change; a new one when absent. */
  group?: Group;
  opened: boolean;
  onClose: () => void;
}

export function GroupDialog({ group, opened, onClose }: GroupDialogProps) {
  const t = useText();
  const navigate = useNavigate();
  const shared = {
    opened,
    onClose,
    submit: t('app.save'),
    initialValues: () => ({ name: group?.name ?? '', description: group?.description ?? '' }),
    validate: { name: (value: string) => (value.trim() === '' ? t('groups.nameMissing') : null) },
    children: (form: GroupForm) => <GroupFields form={form} />,
  };
  if (!group) {
    return (
      <FormDialog
        {...shared}
        title={t('groups.create')}
        route={createGroup}
        refresh={[listGroups]}
        toCall={({ name, description }) => ({ body: { name: name.trim(), description } })}
        onDone={({ id }) => void navigate(`/groups/${id}`)}
      />
    );
  }
  return (
    <FormDialog
      {...shared}
      title={t('groups.edit')}
      route={updateGroup}
      refresh={[listGroups, readDevice]}
      toCall={({ name, description }) => ({ params: { id: group.id }, body: { name: name.trim(), description } })}
      onDone={onClose}
    />
  );
}

type GroupForm = UseFormReturnType<{ name: string; description: string }>;

function GroupFields({ form }: { form: GroupForm }) {
  const t = useText();
  return (
    <>
      <TextInput label={t('groups.name')} required maxLength={200} data-autofocus {...form.getInputProps('name')} />
      <Textarea
        label={t('groups.description')}
        autosize
        minRows={2}
        maxRows={8}
        maxLength={2000}
        {...form.getInputProps('description')}
      />
    </>
  );
}
