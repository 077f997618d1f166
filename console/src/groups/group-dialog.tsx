import { Button, Textarea, TextInput } from '@mantine/core';
import { createGroup, type Group, listGroups, readDevice, updateGroup } from '@muster/contracts';
import { useNavigate } from 'react-router';
import { useWrite } from '../api/use-api';
import { useText } from '../messages/use-text';
import { Dialog } from '../ui/dialog';
import { Failure } from '../ui/failure';
import classes from '../ui/form.module.css';
import { useFaultForm } from '../ui/use-fault-form';

interface GroupDialogProps {
  /** The group to change; a new one when absent. */
  group?: Group;
  opened: boolean;
  onClose: () => void;
}

export function GroupDialog({ group, opened, onClose }: GroupDialogProps) {
  const t = useText();
  return (
    <Dialog opened={opened} onClose={onClose} title={t(group ? 'groups.edit' : 'groups.create')}>
      <GroupForm group={group} onDone={onClose} />
    </Dialog>
  );
}

function GroupForm({ group, onDone }: { group?: Group; onDone: () => void }) {
  const t = useText();
  const navigate = useNavigate();
  const create = useWrite(createGroup, [listGroups]);
  const update = useWrite(updateGroup, [listGroups, readDevice]);
  const used = group ? update : create;
  const { form, showFaults } = useFaultForm({
    initialValues: { name: group?.name ?? '', description: group?.description ?? '' },
    validate: { name: (value) => (value.trim() === '' ? t('groups.nameMissing') : null) },
  });
  const submit = form.onSubmit(({ name, description }) => {
    const body = { name: name.trim(), description };
    if (group) update.mutate({ params: { id: group.id }, body }, { onSuccess: onDone, onError: showFaults });
    else create.mutate({ body }, { onSuccess: ({ id }) => void navigate(`/groups/${id}`), onError: showFaults });
  });
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      {used.error && <Failure error={used.error} shownFields={Object.keys(form.values)} />}
      <TextInput label={t('groups.name')} required maxLength={200} data-autofocus {...form.getInputProps('name')} />
      <Textarea
        label={t('groups.description')}
        autosize
        minRows={2}
        maxRows={8}
        maxLength={2000}
        {...form.getInputProps('description')}
      />
      <div className={classes.buttons}>
        <Button variant="default" onClick={onDone}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" loading={used.isPending}>
          {t('app.save')}
        </Button>
      </div>
    </form>
  );
}
